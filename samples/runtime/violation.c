/*
 * What happens at a #BR. The kernel enters the handler with MPX off and BND0-3 INIT, so plain C is safe here; the
 * interrupted values are in the XSAVE image of the signal frame and come back when the handler returns.
 */
#define _GNU_SOURCE
#include "mpxrt.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { TRAP_BOUND_RANGE = 5, TRAP_PAGE_FAULT = 14 };
enum { STATUS_CODE = 3, STATUS_VIOLATION = 1, STATUS_NO_TABLE = 2 };

/* Offsets in the XSAVE image of a signal frame. */
enum { SOFTWARE_BYTES = 464, XSTATE_BV = 512, BNDCFGU = 1024, BNDSTATUS = 1032, BNDCSR_END = 1088 };

static const uint32_t IMAGE_MAGIC = 0x46505853; /* "there is more than the legacy 512 bytes" */
static const uint64_t BNDCSR_IN_USE = 1 << 4;

volatile unsigned long mpxrt_violations;

static struct sigaction before;

static uint64_t load64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* The XSAVE image if it holds BNDCFGU and BNDSTATUS, else NULL: then both were zero. */
static unsigned char *image_with_bndcsr(const ucontext_t *context)
{
    unsigned char *image = (unsigned char *)context->uc_mcontext.fpregs;
    uint32_t magic, size;

    if (!image)
        return NULL;
    memcpy(&magic, image + SOFTWARE_BYTES, sizeof magic);
    memcpy(&size, image + SOFTWARE_BYTES + 16, sizeof size);
    if (magic != IMAGE_MAGIC || size < BNDCSR_END || !(load64(image + XSTATE_BV) & BNDCSR_IN_USE))
        return NULL;
    return image;
}

/* Ends the program; does not return. */
static void stop(void)
{
    static long stopping_thread;
    long nobody = 0, self = syscall(SYS_gettid);

    if (!__atomic_compare_exchange_n(&stopping_thread, &nobody, self, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        if (nobody == self) /* another fault while ending */
            _exit(255);
        for (;;) /* another thread is ending the program */
            pause();
    }
    if (mpxrt_options.stop_by_exit)
        exit(255);
    abort();
}

/* A SIGSEGV that is not ours to handle and that nobody else handled: say what it was and end, rather than loop. */
static void stop_at(const siginfo_t *info, unsigned long trap, unsigned long ip)
{
    if (info->si_code <= 0)
        mpxrt_say(LEVEL_ERROR, STREAM_ERRORS, "SIGSEGV was sent by process %d, at %x\n", (long)info->si_pid, ip);
    else if (trap == TRAP_PAGE_FAULT)
        mpxrt_say(LEVEL_ERROR, STREAM_ERRORS, "Saw a page fault: no access to %x, at %x\n",
                  (unsigned long)info->si_addr, ip);
    else
        mpxrt_say(LEVEL_ERROR, STREAM_ERRORS, "Unexpected trap %u, at %x\n", trap, ip);
    stop();
}

static void on_sigsegv(int signal, siginfo_t *info, void *frame)
{
    ucontext_t *context = frame;
    greg_t *registers = context->uc_mcontext.gregs;
    unsigned long ip = (unsigned long)registers[REG_RIP];
    unsigned long trap = (unsigned long)registers[REG_TRAPNO];
    unsigned char *image = image_with_bndcsr(context);
    unsigned long status = image ? load64(image + BNDSTATUS) : 0;

    (void)signal;
    if (info->si_code <= 0 || trap != TRAP_BOUND_RANGE) /* the trap number of a sent signal is an old one */
        stop_at(info, trap, ip);

    /*
     * The kernel no longer allocates tables once finish() has run, but another thread may still need one: it goes on
     * with MPX off.
     */
    if ((status & STATUS_CODE) == STATUS_NO_TABLE && mpxrt_finished) {
        memset(image + BNDCFGU, 0, sizeof(uint64_t));
        return;
    }

    /*
     * Trap number and BNDSTATUS may both be left over from an earlier #BR: a kernel that meets a damaged directory while it
     * cleans up after munmap sends a bare SIGSEGV. So the instruction must bear the story out.
     */
    struct mpx_instruction insn = mpxrt_decode((const unsigned char *)ip);
    if (insn.kind == OTHER_INSTRUCTION) {
        mpxrt_say(LEVEL_ERROR, STREAM_ERRORS,
                  "SIGSEGV without an access to memory or bounds, at %x; is the bounds directory damaged?\n", ip);
        stop();
    }
    mpxrt_say(LEVEL_VIOLATION, STREAM_OUTPUT, "Saw a #BR! status %u at %x\n", status & STATUS_CODE, ip);
    if ((status & STATUS_CODE) != STATUS_VIOLATION || insn.kind != BOUNDS_CHECK) {
        mpxrt_say(LEVEL_ERROR, STREAM_ERRORS,
                  (status & STATUS_CODE) == STATUS_NO_TABLE
                      ? "The kernel gave no bounds table for directory entry %x\n"
                      : "A bound range exception that no bounds explain, BNDSTATUS %x\n",
                  status & ~(unsigned long)STATUS_CODE);
        stop();
    }
    __atomic_add_fetch(&mpxrt_violations, 1, __ATOMIC_RELAXED);
    if (mpxrt_options.stop)
        stop();
    registers[REG_RIP] = (greg_t)(ip + insn.length);
}

int mpxrt_catch_violations(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_sigsegv;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigprocmask(SIG_SETMASK, NULL, &action.sa_mask);
    return sigaction(SIGSEGV, &action, &before);
}

void mpxrt_release_violations(void)
{
    sigaction(SIGSEGV, &before, NULL);
}
