/* Reads lines of hex pairs and prints what mpxrt_decode says of each: its kind and length. */
#include "mpxrt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char line[256];

    while (fgets(line, sizeof line, stdin)) {
        unsigned char code[32];
        size_t n = 0;
        memset(code, 0x90, sizeof code);
        for (char *word = strtok(line, " \n"); word && n < sizeof code; word = strtok(NULL, " \n"))
            code[n++] = (unsigned char)strtoul(word, NULL, 16);
        struct mpx_instruction insn = mpxrt_decode(code);
        printf("%s %u\n", insn.kind == BOUNDS_CHECK ? "check" : insn.kind == TABLE_ACCESS ? "table" : "other", insn.length);
    }
    return 0;
}
