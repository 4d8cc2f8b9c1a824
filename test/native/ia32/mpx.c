// MPX in 32-bit code: a directory of 4 MiB, tables of 16 KiB for a page each, bounds of 32 bits in registers and memory.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

static uint8_t image[4096] __attribute__((aligned(64)));
static uint32_t *directory;
static char *data;

static void restore(uint32_t mask) {
  asm volatile("xrstor (%0)" ::"r"(image), "a"(mask), "d"(0) : "memory");
}
static void enable(uint32_t base) {
  memset(image, 0, sizeof image);
  restore(0x18);
  image[512] = 0x10;
  *(uint64_t *)(image + 1024) = base | 3;
  restore(0x10);
}

struct bounds { uint32_t lower, raw; };
static struct bounds bnd0(void) {
  struct bounds b;
  asm volatile("bndmov %%bnd0, %0" : "=m"(b));
  return b;
}

static void handler(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  uint32_t *words = (void *)info; // HANDLER
  uint8_t *fx = (uint8_t *)u->uc_mcontext.fpregs + 112;
  printf("signal %d code %x trap %ld", signo, info->si_code, u->uc_mcontext.gregs[REG_TRAPNO]);
  if (info->si_code == 3)
    printf(" address +%d lower %+d upper %+d", (int)(words[3] - (uint32_t)data), words[5] ? (int)(words[5] - (uint32_t)data) : -1,
           words[6] ? (int)(words[6] - (uint32_t)data) : -1);
  uint64_t status = *(uint64_t *)(fx + 1032);
  if ((status & 3) == 2) printf(" entry of page %x", (unsigned)((status & ~3ull) - (uint32_t)directory) / 4 - ((uint32_t)data >> 12));
  else printf(" status %llu", (unsigned long long)status);
  printf("\n");
  u->uc_mcontext.gregs[REG_EIP] += 4;
}

static int tables(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[200];
  unsigned long bytes = 0, start, end;
  while (fgets(line, sizeof line, maps))
    if (strstr(line, "[mpx]") && sscanf(line, "%lx-%lx", &start, &end) == 2) bytes += end - start;
  fclose(maps);
  return bytes;
}

static void store(void *slot, void *pointer, uint32_t size) {
  asm volatile("bndmk (%0,%1), %%bnd1\n .byte 0x0f, 0x1b, 0x0c, 0x02" ::"a"(pointer), "c"(size - 1), "d"(slot) : "memory");
}
/* bndstx %bnd1, (%edx,%eax): the slot is EDX, the pointer EAX. */
static struct bounds load(void *slot, void *pointer) {
  asm volatile(".byte 0x0f, 0x1a, 0x04, 0x02" ::"a"(pointer), "d"(slot)); // bndldx (%edx,%eax), %bnd0
  return bnd0();
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  directory = mmap(0, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  data = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_flags = SA_SIGINFO, .sa_sigaction = handler};
  sigaction(SIGSEGV, &action, 0);
  enable((uint32_t)directory);
  int managed = prctl(43, 0, 0, 0, 0);
  printf("management %d\n", managed < 0 ? -errno : 0);
  char **slot = (char **)(data + 4096 + 40);
  *slot = data + 100; // STORE
  store(slot, *slot, 20);
  uint32_t entry = directory[(uint32_t)slot >> 12];
  printf("tables %d entry %s\n", tables(), entry & 1 ? "valid" : "empty");
  if (entry & 1) {
    uint32_t *stored = (uint32_t *)((entry & ~3u) + (((uint32_t)slot >> 2) & 0x3ff) * 16);
    printf("stored %d %d %d\n", stored[0] == (uint32_t)*slot, ~stored[1] == (uint32_t)*slot + 19, stored[2] == (uint32_t)*slot);
    struct bounds b = load(slot, *slot);
    managed = 0; // LOADED
    printf("loaded %d %d\n", b.lower == (uint32_t)*slot, ~b.raw == (uint32_t)*slot + 19);
    b = load(slot, *slot + 1);
    printf("for another pointer %x %x\n", b.lower, b.raw);
    store(slot + 1, *slot, 8);
    printf("tables %d\n", tables());
    store(data, *slot, 8);
    printf("tables %d\n", tables());
  }
  asm volatile("bndmk 9(%0), %%bnd0\n .byte 0xf2, 0x0f, 0x1a, 0xc1" ::"r"(data + 10), "c"(data + 19)); // bndcu %ecx, %bnd0
  asm volatile(".byte 0xf2, 0x0f, 0x1a, 0xc1" ::"c"(data + 20));
  asm volatile(".byte 0xf3, 0x0f, 0x1a, 0xc1" ::"c"(data + 9)); // bndcl
  munmap(data, 3 * 4096);
  printf("after munmap: tables %d entry %x\n", tables(), directory[(uint32_t)slot >> 12]);
  return 0;
}
