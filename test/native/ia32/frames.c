// Signal frames, restorers and the old calls of i386. Each line says what is as the ABI has it; the program judges itself.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CHECK(what) printf("%s: %s\n", (what) ? "ok" : "NOT", #what)

static int call(int nr, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e) {
  int result;
  asm volatile("int $0x80" : "=a"(result) : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
  return result;
}

// The sixth argument lies where EBP points, with what the landing pad pops; the kernel goes on there.
static int fast(int nr, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f) {
  int result;
  asm volatile("push %[f]\n push %%ebp\n mov 4(%%esp), %%ebp\n push $1f\n push %%ecx\n push %%edx\n push %%ebp\n"
               "mov %%esp, %%ebp\n sysenter\n 1: pop %%ebp\n add $4, %%esp"
               : "=a"(result)
               : "0"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), [f] "m"(f)
               : "memory");
  return result;
}

struct kernel_sigaction { void *handler; unsigned long flags; void *restorer; uint32_t mask[2]; };
struct old_sigaction { void *handler; unsigned long mask, flags; void *restorer; };

static volatile int seen;
static uintptr_t frame_at, returns_to;

// Arguments as on the stack; those in registers are looked at by the entry.
uint32_t registers[3];
void plainHandler(uint32_t *frame) {
  struct sigcontext *sc = (void *)(frame + 2);
  uint32_t *fp = (void *)sc->fpstate;
  seen++;
  frame_at = (uintptr_t)frame;
  returns_to = frame[0];
  CHECK(frame[1] == SIGUSR1);
  CHECK(registers[0] == SIGUSR1 && registers[1] == 0 && registers[2] == 0);
  CHECK(((uintptr_t)frame + 4) % 16 == 0);
  CHECK(((uintptr_t)fp + 112) % 64 == 0);
  CHECK(sc->esp == sc->esp_at_signal && sc->cs == 0x23 && sc->ss == 0x2b && sc->ds == 0x2b);
  CHECK((fp[0] & 0xffff) == 0x37f);
  CHECK(fp[2] == 0xffff3fff);              // one register in use, holding a valid number
  CHECK(*(uint16_t *)((char *)fp + 110) == 0);
  CHECK(memcmp((char *)fp + 28, "\0\0\0\0\0\0\0\xc0\0\x40", 10) == 0); // 3.0
  uint32_t *software = (void *)((char *)fp + 112 + 464);
  CHECK(software[0] == 0x46505853 && software[1] == software[4] + 4 + 112);
  CHECK(*(uint32_t *)((char *)fp + 112 + software[4]) == 0x46505845);
  CHECK(memcmp((char *)frame + 724, "\x58\xb8\x77\0\0\0\xcd\x80", 8) == 0);
  ((char *)fp)[28 + 7] = 0xa0;             // 2.5
}
void rtHandler(uint32_t *frame) {
  siginfo_t *info = (void *)frame[2];
  ucontext_t *u = (void *)frame[3];
  seen++;
  frame_at = (uintptr_t)frame;
  returns_to = frame[0];
  CHECK((void *)info == (void *)(frame + 4) && (void *)u == (void *)(frame + 36));
  CHECK(registers[0] == frame[1] && registers[1] == (uintptr_t)info && registers[2] == (uintptr_t)u);
  CHECK(((uintptr_t)frame + 4) % 16 == 0);
  printf("signal %d code %d address %s\n", info->si_signo, info->si_code, info->si_addr == (void *)16 ? "16" : "other");
  printf("trap %ld error %ld cr2 %lx\n", u->uc_mcontext.gregs[REG_TRAPNO], u->uc_mcontext.gregs[REG_ERR], u->uc_mcontext.cr2);
  CHECK(u->uc_flags == 1 && u->uc_link == 0);
  CHECK(memcmp((char *)frame + 260, "\xb8\xad\0\0\0\xcd\x80\0", 8) == 0);
  u->uc_mcontext.gregs[REG_EIP] += 2;      // behind the load
  u->uc_mcontext.gregs[REG_EAX] = 4711;
}
extern char plainEntry, rtEntry, boundEntry;
#define ENTRY(name, handler)                                                                                                   \
  asm(#name ": mov %eax, registers\n mov %edx, registers+4\n mov %ecx, registers+8\n mov %esp, %eax\n"                         \
            "push %ebp\n mov %esp, %ebp\n and $-16, %esp\n sub $12, %esp\n push %eax\n call " #handler "\n leave\n ret")
ENTRY(plainEntry, plainHandler);
ENTRY(rtEntry, rtHandler);

static void boundHandler(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  printf("signal %d code %x trap %ld error %ld\n", signo, info->si_code, u->uc_mcontext.gregs[REG_TRAPNO],
         u->uc_mcontext.gregs[REG_ERR]);
  u->uc_mcontext.gregs[REG_EIP] += *(uint8_t *)u->uc_mcontext.gregs[REG_EIP] == 0x66 ? 3 : 2;
}

static void frames(void) {
  struct kernel_sigaction plain = {&plainEntry, 0}, rt = {&rtEntry, SA_SIGINFO};
  CHECK(call(SYS_rt_sigaction, SIGUSR1, (uintptr_t)&plain, 0, 8, 0) == 0);
  double three = 3, result;
  asm volatile("fninit\n fldl %1\n int $0x80\n fstpl %0"
               : "=m"(result) : "m"(three), "a"(SYS_kill), "b"(getpid()), "c"(SIGUSR1) : "memory");
  CHECK(seen == 1);
  CHECK(result == 2.5);                    // what the handler wrote into the frame
  CHECK(memcmp((void *)returns_to, "\x58\xb8\x77\0\0\0\xcd\x80", 8) == 0);
  CHECK(call(SYS_rt_sigaction, SIGSEGV, (uintptr_t)&rt, 0, 8, 0) == 0);
  int value;
  asm volatile("mov (%1), %%eax" : "=&a"(value) : "r"(16));
  CHECK(value == 4711 && seen == 2);
  CHECK(memcmp((void *)returns_to, "\xb8\xad\0\0\0\xcd\x80", 7) == 0);
}

static void oldCalls(void) {
  struct old_sigaction action = {SIG_IGN, 1 << (SIGUSR2 - 1), 0, 0}, before;
  CHECK(call(SYS_sigaction, SIGHUP, (uintptr_t)&action, 0, 0, 0) == 0);
  CHECK(call(SYS_sigaction, SIGHUP, 0, (uintptr_t)&before, 0, 0) == 0 && before.handler == SIG_IGN);
  CHECK(before.mask == action.mask);
  CHECK(call(SYS_signal, SIGHUP, (uintptr_t)SIG_DFL, 0, 0, 0) == (int)SIG_IGN);
  unsigned long mask = 1 << (SIGUSR1 - 1), old = 0;
  CHECK(call(SYS_sigprocmask, SIG_BLOCK, (uintptr_t)&mask, 0, 0, 0) == 0);
  CHECK(call(SYS_kill, getpid(), SIGUSR1, 0, 0, 0) == 0);
  CHECK(call(SYS_sigpending, (uintptr_t)&old, 0, 0, 0, 0) == 0 && old == mask);
  uint32_t map[6] = {0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
  char *page = (char *)call(SYS_mmap, (uintptr_t)map, 0, 0, 0, 0);
  CHECK((uintptr_t)page < 0xfffff000 && page[5] == 0);
  uint32_t select[5] = {0, 0, 0, 0, (uintptr_t)page};
  CHECK(call(82, (uintptr_t)select, 0, 0, 0, 0) == 0);
  uint32_t socket[3] = {2, 1, 0};
  CHECK(call(SYS_socketcall, 99, (uintptr_t)socket, 0, 0, 0) == -22);
  CHECK(call(SYS_socketcall, 5, 4, 0, 0, 0) == -14);
  uint32_t limit[2];
  CHECK(call(SYS_getrlimit, 0, (uintptr_t)limit, 0, 0, 0) == 0 && limit[0] == 0x7fffffff);
  CHECK(call(SYS_ugetrlimit, 0, (uintptr_t)limit, 0, 0, 0) == 0 && limit[0] == 0xffffffff);
  uint32_t desc[4] = {-1, (uintptr_t)page, 0xfffff, 0x51};
  CHECK(call(SYS_set_thread_area, (uintptr_t)desc, 0, 0, 0, 0) == 0 && desc[0] == 13);
  page[8] = 42;
  int loaded;
  asm volatile("mov %1, %%fs\n movzbl %%fs:8, %0" : "=r"(loaded) : "r"(desc[0] * 8 + 3));
  CHECK(loaded == 42);
  uint32_t told[4] = {13};
  CHECK(call(SYS_get_thread_area, (uintptr_t)told, 0, 0, 0, 0) == 0 && told[1] == (uintptr_t)page);
  desc[3] = 0x50;
  CHECK(call(SYS_set_thread_area, (uintptr_t)desc, 0, 0, 0, 0) == -22);
  desc[0] = 6;
  CHECK(call(SYS_get_thread_area, (uintptr_t)desc, 0, 0, 0, 0) == -22);
  CHECK(call(SYS_brk, 0, 0, 0, 0, 0) != 0);
}

static void sysenter(void) {
  CHECK(fast(SYS_getpid, 0, 0, 0, 0, 0, 0) == getpid());
  CHECK(fast(SYS_write, 1, (uintptr_t) "by SYSENTER\n", 12, 0, 0, 0) == 12);
  uintptr_t page = fast(SYS_mmap2, 0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page < 0xfffff000 && page % 4096 == 0);
  CHECK(fast(SYS_munmap, page, 4096, 0, 0, 0, 0) == 0);
}

static void bound(void) {
  struct kernel_sigaction action = {boundHandler, SA_SIGINFO};
  call(SYS_rt_sigaction, SIGSEGV, (uintptr_t)&action, 0, 8, 0);
  int32_t wide[2] = {-5, 10};
  int16_t narrow[2] = {-5, 10};
  for (int i = -6; i <= 11; i += 17) {
    printf("bound %d\n", i);
    asm volatile("bound %%eax, (%%edx)" ::"a"(i), "d"(wide));
    asm volatile("boundw %%ax, (%%edx)" ::"a"(i), "d"(narrow));
  }
  asm volatile("bound %%eax, (%%edx)" ::"a"(10), "d"(wide));
  asm volatile("bound %%eax, (%%edx)" ::"a"(-5), "d"(wide));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  frames();
  oldCalls();
  sysenter();
  bound();
  return 7;
}
