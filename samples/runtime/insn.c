/* Which instruction raised #BR, and how long it is, for stepping over it. */
#include "mpxrt.h"

enum { LONGEST_INSTRUCTION = 15 };

static const struct mpx_instruction other = { OTHER_INSTRUCTION, 0 };

/*
 * Prefixes may come in any order (segment overrides and 67H are legal on a check, though without effect on it in 64-bit
 * code); the last of F2 and F3 selects the instruction, and 66 only where there is neither. REX means nothing unless it
 * stands directly before the opcode, and never changes the length.
 */
struct mpx_instruction mpxrt_decode(const unsigned char *code)
{
    struct mpx_instruction insn = other;
    unsigned at = 0, mandatory = 0;

    for (;; at++) {
        if (at == LONGEST_INSTRUCTION)
            return other;
        switch (code[at]) {
        case 0xf2: case 0xf3:
            mandatory = code[at];
            continue;
        case 0x66:
            if (!mandatory)
                mandatory = 0x66;
            continue;
        case 0x26: case 0x2e: case 0x36: case 0x3e: /* ES, CS, SS, DS */
        case 0x64: case 0x65:                       /* FS, GS */
        case 0x67:
        case 0x40 ... 0x4f:                         /* REX */
            continue;
        }
        break;
    }

    if (code[at++] != 0x0f)
        return other;
    unsigned opcode = code[at++];
    if (opcode != 0x1a && opcode != 0x1b) /* first: beyond a last instruction there may be no memory to look at */
        return other;
    unsigned modrm = code[at++], mod = modrm >> 6, rm = modrm & 7;
    if ((opcode == 0x1a && (mandatory == 0xf3 || mandatory == 0xf2)) /* BNDCL, BNDCU */
        || (opcode == 0x1b && mandatory == 0xf2))                    /* BNDCN; F3 0F 1B is BNDMK */
        insn.kind = BOUNDS_CHECK;
    else if (!mandatory && mod != 3) /* BNDLDX, BNDSTX; 66 makes it BNDMOV */
        insn.kind = TABLE_ACCESS;
    else
        return other;

    if (mod != 3) {
        unsigned base = rm;
        if (rm == 4)
            base = code[at++] & 7; /* SIB */
        if (mod == 1)
            at += 1;
        else if (mod == 2 || base == 5) /* mod 0 with base 5: RIP-relative, or SIB without a base */
            at += 4;
    }
    insn.length = at;
    return at <= LONGEST_INSTRUCTION ? insn : other;
}
