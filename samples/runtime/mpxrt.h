/*
 * libmpxrt: a small run-time library for programs compiled for Intel MPX.
 *
 * What the parts share. Everything here runs as ordinary code without MPX prefixes, so its branches set BND0-3 to INIT
 * (unless BNDPRESERVE is on): whoever needs bounds across a call keeps them in memory (entry.S, bounds.c).
 */
#ifndef MPXRT_H
#define MPXRT_H

#include <stddef.h>
#include <stdint.h>

/* ---- options.c: the environment variables CHKP_RT_* ---- */

enum level { LEVEL_ERROR, LEVEL_SUMMARY, LEVEL_VIOLATION, LEVEL_DEBUG };

struct options {
    enum level verbose;  /* messages above this level are not written */
    int stop;            /* CHKP_RT_MODE=stop: the first violation ends the program */
    int stop_by_exit;    /* CHKP_RT_STOP_HANDLER=exit: by exit(255), not by abort() */
    int preserve;        /* value of BNDPRESERVE */
    int print_summary;
};

extern struct options mpxrt_options;

/* Reads the environment and opens the message files; ends the program if help was asked for. */
void mpxrt_read_options(void);

/* ---- report.c: messages, safe inside signal handlers (write(2) only) ---- */

enum stream { STREAM_ERRORS, STREAM_OUTPUT };

/*
 * Where violations and the summary go if no file is named: standard error, so that they do not get in among the program's
 * output. The shared library keeps to what programs linked with GCC's are used to, which is standard output.
 */
#ifndef MPXRT_OUTPUT_FD
#define MPXRT_OUTPUT_FD 2
#endif

/* Gives a stream a file, or standard output or error by these names. 0, or -1 if it cannot be opened. */
int mpxrt_open_stream(enum stream stream, const char *name, int add_pid);

/*
 * Writes one message with a single write(2) if `level` is wanted. The format knows %s, %d (long), %u (unsigned long)
 * and %x (unsigned long, with 0x).
 */
void mpxrt_say(enum level level, enum stream stream, const char *format, ...);

/* Removes message files to which nothing was written. */
void mpxrt_close_streams(void);

/* ---- setup.c: the directory, BNDCFGU, the kernel ---- */

#define MPXRT_DIRECTORY_BYTES (1ul << 31)

/* The bounds directory (one 8-byte entry for each MiB of address space), or NULL while MPX is off. */
extern volatile uint64_t *mpxrt_directory;

/*
 * The same, for the functions of entry.S and bounds.c. The name is the one that GCC's libmpx.so.2 exports for its
 * libmpxwrappers.so.2, so that either library of ours works beside the other one of GCC's.
 */
void *get_bd(void);

/* Non-zero once the program is ending and the kernel no longer manages tables. */
extern volatile int mpxrt_finished;

/* ---- violation.c: the SIGSEGV handler ---- */

extern volatile unsigned long mpxrt_violations;

/* 0, or -1 if there can be no handler. */
int mpxrt_catch_violations(void);
void mpxrt_release_violations(void);

/* ---- insn.c ---- */

struct mpx_instruction {
    enum { OTHER_INSTRUCTION, BOUNDS_CHECK, TABLE_ACCESS } kind; /* BNDCL, BNDCU, BNDCN; BNDLDX, BNDSTX */
    unsigned length;                                             /* in bytes; 0 for other instructions */
};

/* Which of the instructions that can raise #BR is at `code`, in 64-bit mode. */
struct mpx_instruction mpxrt_decode(const unsigned char *code);

/* ---- bounds.c: bounds of pointers that the C library moves ---- */

/* Gives the pointers in dst[0, n) the bounds that they had in src[0, n); to be called before the bytes are moved. */
void mpxrt_carry_bounds(void *dst, const void *src, size_t n);

#endif
