// Masks, pending signals, dispositions, alternate stacks, nesting: what a program sees of them.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned long mask(void) {
  unsigned long set = 0;
  syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, &set, 8);
  return set;
}
static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  stack_t stack;
  sigaltstack(0, &stack);
  printf("signal %d code %d sender %d mask %lx old %lx stack %d uc_stack %d\n", signal, info->si_code, info->si_pid == getpid(), mask(),
         *(unsigned long *)&u->uc_sigmask, stack.ss_flags, u->uc_stack.ss_flags);
  if (signal == SIGUSR1) raise(SIGUSR2);
  if (signal == SIGHUP) ((unsigned long *)&u->uc_sigmask)[0] = 1ul << (SIGUSR2 - 1);
}
static void set(int signal, int flags, unsigned long blocked) {
  struct sigaction action = {.sa_flags = SA_SIGINFO | flags};
  action.sa_sigaction = handler;
  memcpy(&action.sa_mask, &blocked, 8);
  printf("sigaction %d: %d\n", signal, sigaction(signal, &action, 0) ? errno : 0);
}
static char alternate[65536];

int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  set(SIGUSR1, 0, 0);
  set(SIGUSR2, 0, 1ul << (SIGTERM - 1));
  set(SIGKILL, 0, 0);
  set(SIGHUP, SA_NODEFER, 0);
  set(SIGRTMIN, SA_RESETHAND, 0);
  raise(SIGUSR1);
  kill(getpid(), SIGUSR2);
  raise(SIGHUP);
  printf("edited mask %lx\n", mask());
  raise(SIGUSR2);
  raise(SIGUSR2);
  unsigned long pending = 0, all = ~0ul, none = 0;
  syscall(SYS_rt_sigpending, &pending, 8);
  printf("pending %lx\n", pending);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
  printf("after %lx\n", mask());
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
  printf("all %lx\n", mask());
  raise(SIGRTMIN);
  kill(getpid(), SIGUSR1);
  raise(SIGHUP);
  syscall(SYS_rt_sigpending, &pending, 8);
  printf("pending %lx\n", pending);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
  signal(SIGRTMIN, SIG_IGN);
  raise(SIGRTMIN);
  raise(SIGCHLD);
  stack_t stack = {.ss_sp = alternate, .ss_size = 100}, old;
  printf("too small %d\n", sigaltstack(&stack, 0) ? errno : 0);
  stack.ss_size = sizeof alternate;
  stack.ss_flags = 77;
  printf("bad flags %d\n", sigaltstack(&stack, 0) ? errno : 0);
  stack.ss_flags = 0;
  printf("set %d old %d\n", sigaltstack(&stack, &old) ? errno : 0, old.ss_flags);
  set(SIGUSR1, SA_ONSTACK, 0);
  set(SIGUSR2, SA_ONSTACK, 0);
  raise(SIGUSR1);
  stack.ss_flags = SS_DISABLE;
  printf("off %d\n", sigaltstack(&stack, 0) ? errno : 0);
  printf("bad %d %d %d %d\n", kill(getpid(), 65) ? errno : 0, kill(getpid(), 0), syscall(SYS_tgkill, getpid(), 0, 1) ? errno : 0,
         syscall(SYS_rt_sigprocmask, 9, &none, 0, 8) ? errno : 0);
  printf("bad sizes %d %d\n", syscall(SYS_rt_sigprocmask, 0, &none, 0, 4) ? errno : 0, syscall(SYS_rt_sigaction, 70, 0, 0, 8) ? errno : 0);
  signal(SIGTERM, SIG_DFL);
  raise(SIGTERM);
  return 1;
}
