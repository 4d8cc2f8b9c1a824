/* SIGSEGVs that are no bounds violations: the run-time library must end the program, and say why. */
#include "mpxrt.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* One violation, so that trap number and BNDSTATUS of the thread are those of a #BR from here on. */
static void violate(const char *p)
{
    __asm__ volatile("bndmk (%0), %%bnd0\n\tbndcu 1(%0), %%bnd0" : : "r"(p));
}

static void store_bounds(void *slot)
{
    __asm__ volatile("bndmk (%0), %%bnd0\n\tbndstx %%bnd0, (%0,%0)" : : "r"(slot) : "memory");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    static char byte;

    puts("begin");
    violate(&byte);
    if (strcmp(what, "page-fault") == 0) {
        *(volatile char *)8 = 1;
    } else if (strcmp(what, "privileged") == 0) {
        __asm__ volatile("hlt");
    } else if (strcmp(what, "raise") == 0) {
        raise(SIGSEGV);
    } else if (strcmp(what, "unmanaged") == 0) {
        prctl(44, 0ul, 0ul, 0ul, 0ul);
        store_bounds(&byte);
    } else if (strcmp(what, "garbage-entry") == 0) {
        /* The kernel finds an entry without valid bit while it cleans up after munmap, and sends a bare SIGSEGV. */
        char *p = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        store_bounds(p);
        mpxrt_directory[(uint64_t)p >> 20] = 8;
        munmap(p, 4096);
    } else if (strcmp(what, "finished") == 0) {
        /* As a thread that outlives the end of the main one sees it. */
        prctl(44, 0ul, 0ul, 0ul, 0ul);
        mpxrt_finished = 1;
        store_bounds(&byte);
        puts("went on without MPX");
    } else if (strcmp(what, "in-exit") == 0) {
        atexit(abort);
        *(volatile char *)8 = 1;
    }
    puts("end");
    return 0;
}
