// Executes the cases of a file on this CPU, one instruction each, and writes the state they leave. Linux x86-64 only.
//
// Every case runs between two signals: the handler stores the state the instruction left (it ends at an INT3 or a fault), puts the
// next case's state into the signal context, and returns into it. Layouts are those of test/native/protocol.ts.
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE_PAGE 0x30000000ul
#define CODE_AT (CODE_PAGE + 0x800)
#define DATA 0x20000000ul
#define ALIAS 0x28000000ul
#define MEM_BYTES 512
#define CODE_BYTES 64
// In the signal frame's XSAVE image (standard format).
#define XSTATE_BV 512
#define YMM_HIGH 576

struct x87 {
  uint16_t fcw, fsw, ftw, pad;
  uint8_t st[128];
};
struct input {
  uint8_t code[CODE_BYTES];
  uint64_t gpr[16], rflags;
  uint8_t xmm[256], ymm_high[256];
  uint32_t mxcsr, pad;
  struct x87 x87;
  uint8_t mem[MEM_BYTES];
};
struct output {
  uint64_t gpr[16], rip, rflags;
  uint8_t xmm[256], ymm_high[256];
  uint32_t mxcsr, signal;
  struct x87 x87;
  uint64_t trapno, error, cr2;
  uint8_t mem[MEM_BYTES];
};

// Encoding order rax rcx rdx rbx rsp rbp rsi rdi r8–r15.
static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
// The windows of scratch memory a case may change: {address, length, offset in `mem`}. Seen through a second mapping, because the first
// page is read-only for the case.
static const struct { uint64_t at, length, offset; } windows[3] = {
    {DATA - 64, 128, 0}, {DATA + 0x1000 - 128, 256, 128}, {DATA + 0x2000 - 128, 128, 384}};

static struct input *inputs;
static struct output *outputs;
static long count, current = -1;
static gregset_t home;
static int has_avx;

static uint8_t *alias(uint64_t address) { return (uint8_t *)(address - DATA + ALIAS); }

static void load_case(ucontext_t *uc) {
  const struct input *in = &inputs[current];
  greg_t *g = uc->uc_mcontext.gregs;
  for (int i = 0; i < 16; i++) g[order[i]] = in->gpr[i];
  g[REG_EFL] = in->rflags;
  g[REG_RIP] = CODE_AT;
  memcpy((void *)CODE_AT, in->code, CODE_BYTES);
  for (int w = 0; w < 3; w++) memcpy(alias(windows[w].at), in->mem + windows[w].offset, windows[w].length);
  struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
  memcpy(fp->_xmm, in->xmm, 256);
  fp->mxcsr = in->mxcsr;
  fp->cwd = in->x87.fcw;
  fp->swd = in->x87.fsw;
  fp->ftw = in->x87.ftw;
  fp->fop = 0;
  fp->rip = fp->rdp = 0;
  memcpy(fp->_st, in->x87.st, 128);
  uint64_t *xstate_bv = (uint64_t *)((char *)fp + XSTATE_BV);
  *xstate_bv |= 3;
  if (has_avx) {
    *xstate_bv |= 4;
    memcpy((char *)fp + YMM_HIGH, in->ymm_high, 256);
  }
}

static void store_case(int signal, siginfo_t *info, ucontext_t *uc) {
  struct output *out = &outputs[current];
  greg_t *g = uc->uc_mcontext.gregs;
  for (int i = 0; i < 16; i++) out->gpr[i] = g[order[i]];
  out->rip = g[REG_RIP];
  out->rflags = g[REG_EFL];
  struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
  const uint64_t *xstate_bv = (const uint64_t *)((char *)fp + XSTATE_BV);
  if (*xstate_bv & 2) memcpy(out->xmm, fp->_xmm, 256);
  else memset(out->xmm, 0, 256);
  if (has_avx && *xstate_bv & 4) memcpy(out->ymm_high, (char *)fp + YMM_HIGH, 256);
  else memset(out->ymm_high, 0, 256);
  out->mxcsr = fp->mxcsr;
  if (*xstate_bv & 1) {
    out->x87 = (struct x87){.fcw = fp->cwd, .fsw = fp->swd, .ftw = fp->ftw};
    memcpy(out->x87.st, fp->_st, 128);
  } else {
    out->x87 = (struct x87){.fcw = 0x37f};
  }
  out->signal = signal;
  out->trapno = g[REG_TRAPNO];
  out->error = g[REG_ERR];
  out->cr2 = signal == SIGSEGV && out->trapno == 14 ? (uint64_t)g[REG_CR2] : 0;
  for (int w = 0; w < 3; w++) memcpy(out->mem + windows[w].offset, alias(windows[w].at), windows[w].length);
  (void)info;
}

static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  if (current >= 0) store_case(signal, info, uc);
  else memcpy(home, uc->uc_mcontext.gregs, sizeof home);
  if (++current < count) {
    load_case(uc);
    return;
  }
  memcpy(uc->uc_mcontext.gregs, home, sizeof home);
}

static void *need(void *p, const char *what) {
  if (p == MAP_FAILED || !p) {
    perror(what);
    exit(2);
  }
  return p;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int in = open(argv[1], O_RDONLY);
  struct stat st;
  if (in < 0 || fstat(in, &st)) return 2;
  count = st.st_size / sizeof(struct input);
  inputs = need(mmap(0, st.st_size, PROT_READ, MAP_PRIVATE, in, 0), "cases");
  outputs = need(calloc(count, sizeof *outputs), "results");

  has_avx = __builtin_cpu_supports("avx");
  const int fixed = MAP_FIXED_NOREPLACE | MAP_SHARED;
  int memory = memfd_create("scratch", 0);
  if (memory < 0 || ftruncate(memory, 0x3000)) return 2;
  need(mmap((void *)(DATA - 0x1000), 0x1000, PROT_READ, fixed, memory, 0), "read-only page");
  need(mmap((void *)DATA, 0x2000, PROT_READ | PROT_WRITE, fixed, memory, 0x1000), "data");
  need(mmap((void *)(ALIAS - 0x1000), 0x3000, PROT_READ | PROT_WRITE, fixed, memory, 0), "alias");
  uint8_t *code = need(mmap((void *)CODE_PAGE, 0x1000, PROT_READ | PROT_WRITE | PROT_EXEC,
                            MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), "code");
  memset(code, 0xcc, 0x1000);
  // Present from the start, as in the machine: error codes tell absent pages from forbidden ones.
  for (uint64_t page = DATA - 0x1000; page <= DATA + 0x1000; page += 0x1000) *(volatile uint8_t *)page;
  for (uint64_t page = DATA; page <= DATA + 0x1000; page += 0x1000) *(volatile uint8_t *)page = 0;
  syscall(SYS_arch_prctl, ARCH_SET_GS, DATA);

  stack_t stack = {.ss_sp = need(malloc(1 << 16), "stack"), .ss_size = 1 << 16};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  __asm__ volatile("int3" ::: "memory", "cc");
  FILE *out = fopen(argv[2], "wb");
  if (!out || fwrite(outputs, sizeof *outputs, count, out) != (size_t)count || fclose(out)) return 2;
  return 0;
}
