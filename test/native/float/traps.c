// Unmasked x87 exceptions: the next waiting instruction raises SIGFPE, and a handler that clears them lets the program go on.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

static int codes[8], count;

static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  uint16_t *words = (uint16_t *)uc->uc_mcontext.fpregs;
  codes[count++] = info->si_code;
  codes[count++] = words[1] & 0xc2ff;
  // All exceptions masked and cleared in the state that comes back.
  words[0] |= 0x3f;
  words[1] &= 0x7f00;
  (void)signal;
}

static void unmask(uint16_t exceptions) {
  uint16_t word = 0x37f & ~exceptions;
  __asm__ volatile("fninit; fldcw %0" ::"m"(word));
}

static void report(const char *what) {
  uint16_t word;
  __asm__ volatile("fnstsw %0" : "=m"(word));
  printf("%s: %d times, code %d, status %x, afterwards %x\n", what, count / 2, codes[0], codes[1], word & 0xc2ff);
  memset(codes, 0, sizeof codes);
  count = 0;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &action, 0);
  unmask(4);
  __asm__ volatile("fld1; fldz; fdivrp; fwait; fninit");
  report("division by zero");
  unmask(1);
  __asm__ volatile("fldz; fldz; fdivp; fnop; fninit");
  report("invalid operation");
  unmask(1);
  __asm__ volatile("fstp %st(0); fwait; fninit");
  report("stack underflow");
  unmask(0x20);
  __asm__ volatile("fldpi; fld1; fdivp; fld1; fninit");
  report("inexact");
  unmask(8);
  __asm__ volatile("fld1; fldl2t; fchs; fld1; fscale; fninit");
  const long double huge = 0x1p16383L;
  __asm__ volatile("fninit; fldt %0; fmul %%st(0), %%st; fwait; fninit" ::"m"(huge));
  report("masked overflow");
  unmask(8);
  __asm__ volatile("fldt %0; fmul %%st(0), %%st; fwait; fninit" ::"m"(huge));
  report("overflow");
  unmask(0x3f);
  __asm__ volatile("fld1; fldz; fdivrp; fnclex; fwait; fninit");
  report("cleared before it is seen");
  return 0;
}
