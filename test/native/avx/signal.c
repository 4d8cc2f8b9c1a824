// YMM registers around a signal: what the handler finds in the frame, and what it leaves behind.
#include <cpuid.h>
#include <immintrin.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static uint64_t high[2];
static int magic, listed, in_use, ends_with_magic, changed;

static void handler(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  char *fp = (char *)uc->uc_mcontext.fpregs;
  uint32_t magic1, size;
  uint64_t features, bv;
  memcpy(&magic1, fp + 464, 4);
  memcpy(&size, fp + 468, 4);
  memcpy(&features, fp + 472, 8);
  memcpy(&bv, fp + 512, 8);
  magic = magic1 == 0x46505853;
  listed = (features >> 2) & 1;
  in_use = (bv >> 2) & 1;
  uint32_t magic2;
  memcpy(&magic2, fp + size - 4, 4);
  ends_with_magic = magic2 == 0x46505845;
  // YMM3 above XMM3: component 2 lies at 576.
  memcpy(high, fp + 576 + 3 * 16, 16);
  if (signal == SIGUSR2) {
    uint64_t other[2] = {0x1111111111111111, 0x2222222222222222};
    memcpy(fp + 576 + 3 * 16, other, 16);
    changed = 1;
  }
  __asm__ volatile("vzeroall" ::: "memory");
  (void)info;
}

static void run(int signal) {
  uint64_t before[4] = {1, 2, 3, 0x4444444444444444}, after[4];
  // The registers live across the system call only here.
  __asm__ volatile(
      "vmovdqu %[before], %%ymm3\n\t"
      "syscall\n\t"
      "vmovdqu %%ymm3, %[after]\n\t"
      : [after] "=m"(after)
      : [before] "m"(before), "a"(62), "D"(getpid()), "S"(signal)
      : "rcx", "r11", "xmm3", "memory");
  printf("signal %d: magic %d %d, listed %d, in use %d, found %llx %llx, after %llx %llx %llx %llx\n", signal, magic,
         ends_with_magic, listed, in_use, (unsigned long long)high[0], (unsigned long long)high[1],
         (unsigned long long)after[0], (unsigned long long)after[1], (unsigned long long)after[2],
         (unsigned long long)after[3]);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  sigaction(SIGUSR2, &action, 0);
  run(SIGUSR1);
  run(SIGUSR2);
  unsigned a, b, c, d;
  __cpuid_count(13, 2, a, b, c, d);
  printf("component 2: %u bytes at %u\n", a, b);
  uint32_t low, upper;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(upper) : "c"(0));
  printf("XCR0: %d\n", (low & 7) == 7);
  return 0;
}
