/* Turns MPX on before the program's own constructors run, and hands the tables over to the kernel. */
#define _GNU_SOURCE
#include "mpxrt.h"

#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

/* Today's headers no longer know these. */
enum { ENABLE_MANAGEMENT = 43, DISABLE_MANAGEMENT = 44 };

/* State components of MPX in XCR0, in XSAVE masks and in XSTATE_BV. */
enum { BNDREGS = 1 << 3, BNDCSR = 1 << 4 };

/* BNDCFGU. */
enum { CONFIG_ENABLE = 1, CONFIG_PRESERVE = 2 };

/* The standard form of an XSAVE area as far as MPX reaches. */
struct xsave_area {
    unsigned char legacy[512];
    uint64_t xstate_bv;
    uint64_t header_rest[7];
    unsigned char avx[384];
    uint64_t bounds[4][2];
    uint64_t bndcfgu;
    uint64_t bndstatus;
    uint64_t bndcsr_rest[6];
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct xsave_area, bounds) == 960, "BNDREGS is at 960");
_Static_assert(offsetof(struct xsave_area, bndcfgu) == 1024, "BNDCSR is at 1024");

volatile uint64_t *mpxrt_directory;
volatile int mpxrt_finished;

void *get_bd(void)
{
    return (void *)mpxrt_directory;
}

static void restore(const struct xsave_area *area, uint32_t mask)
{
    __asm__ volatile("xrstor %0" : : "m"(*area), "a"(mask), "d"(0) : "memory");
}

/* Loads BNDCFGU, through the only door there is; 0 turns MPX off. BND0-3 and BNDSTATUS become 0. */
static void load_config(uint64_t config)
{
    struct xsave_area area;

    memset(&area, 0, sizeof area);
    restore(&area, BNDREGS | BNDCSR); /* XSTATE_BV is 0: both components become INIT */
    if (config != 0) {
        area.xstate_bv = BNDCSR;
        area.bndcfgu = config;
        restore(&area, BNDCSR);
    }
}

/* NULL if processor and operating system offer MPX, else what is missing. */
static const char *missing_feature(void)
{
    unsigned a, b, c, d;
    uint32_t xcr0_low, xcr0_high;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return "the operating system does not use XSAVE";
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & 1u << 14))
        return "the processor does not have it";
    if (!__get_cpuid_count(0xd, 0, &a, &b, &c, &d) || (a & (BNDREGS | BNDCSR)) != (BNDREGS | BNDCSR))
        return "XSAVE does not cover the bounds registers";
    __asm__ volatile("xgetbv" : "=a"(xcr0_low), "=d"(xcr0_high) : "c"(0));
    if ((xcr0_low & (BNDREGS | BNDCSR)) != (BNDREGS | BNDCSR))
        return "the operating system has not enabled it";
    return NULL;
}

static void unprotected(const char *reason)
{
    mpxrt_say(LEVEL_ERROR, STREAM_ERRORS, "No MPX support: %s\n", reason);
}

/*
 * Priority 101 is the first that is not reserved. The compiler's constructors for bounds of static objects have 102 and
 * those that store bounds of initialised pointers 103: they need MPX already on, or these pointers have no bounds.
 */
__attribute__((constructor(101))) static void start(void)
{
    const char *reason;
    void *directory;

    mpxrt_read_options();
    reason = missing_feature();
    if (reason) {
        unprotected(reason);
        return;
    }
    directory = mmap(NULL, MPXRT_DIRECTORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (directory == MAP_FAILED) {
        unprotected("no room for the bounds directory of 2 GiB");
        return;
    }
    if (mpxrt_catch_violations() != 0) {
        munmap(directory, MPXRT_DIRECTORY_BYTES);
        unprotected("SIGSEGV cannot be caught");
        return;
    }
    load_config((uint64_t)directory | CONFIG_ENABLE | (mpxrt_options.preserve ? CONFIG_PRESERVE : 0));
    if (prctl(ENABLE_MANAGEMENT, 0ul, 0ul, 0ul, 0ul) != 0) {
        reason = errno == EINVAL ? "the kernel does not manage bounds tables" : "the kernel refused to manage bounds tables";
        load_config(0);
        mpxrt_release_violations();
        munmap(directory, MPXRT_DIRECTORY_BYTES);
        unprotected(reason);
        return;
    }
    mpxrt_directory = directory;
    mpxrt_say(LEVEL_DEBUG, STREAM_ERRORS, "MPX is on: directory at %x, BNDPRESERVE %d\n", (unsigned long)directory,
              (long)mpxrt_options.preserve);
}

/*
 * Runs after the program's own destructors. The directory stays mapped: other threads may still use it, and with it gone
 * their next BNDLDX would be a page fault instead of a missing table, which violation.c can deal with.
 */
__attribute__((destructor(101))) static void finish(void)
{
    if (mpxrt_directory) {
        mpxrt_finished = 1;
        mpxrt_directory = NULL;
        load_config(0);
        prctl(DISABLE_MANAGEMENT, 0ul, 0ul, 0ul, 0ul);
    }
    if (mpxrt_options.print_summary)
        mpxrt_say(LEVEL_SUMMARY, STREAM_OUTPUT,
                  "MPX runtime summary:\n  bounds violations (#BR): %u\n  bounds directory: %u bytes\n",
                  mpxrt_violations, mpxrt_finished ? MPXRT_DIRECTORY_BYTES : 0ul);
    mpxrt_close_streams();
}
