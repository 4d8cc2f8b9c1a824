// Every fault a user program can make: what the handler is told, and where the frame lies.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

uintptr_t expected_address, expected_ip;

static void relative(const char *name, uint64_t value) {
  if (value == 0) printf(" %s 0", name);
  else if (value == expected_ip) printf(" %s IP", name);
  else if (value == expected_address) printf(" %s ADDRESS", name);
  else printf(" %s %lx", name, value);
}

// `frame` is the stack pointer at the handler's first instruction.
void handler(uint64_t *frame) {
  ucontext_t *u = (void *)(frame + 1);
  siginfo_t *info = (void *)((char *)u + 304);
  greg_t *g = u->uc_mcontext.gregs;
  uint64_t image = (uint64_t)u->uc_mcontext.fpregs;
  uint32_t *software = (uint32_t *)(image + 464);
  uint64_t at = ((uint64_t)g[REG_RSP] - 128 - (software[4] + 4)) & ~63ul;
  printf(" signal %d code %d", info->si_signo, info->si_code);
  relative("addr", (uint64_t)info->si_addr);
  relative("ip", g[REG_RIP]);
  relative("cr2", g[REG_CR2]);
  printf(" trap %lld error %llx flags %llx", g[REG_TRAPNO], g[REG_ERR], g[REG_EFL] & 0x10500);
  printf(" frame %d%d magic %x %x extra %d cs %llx uc_flags %lx\n", image == at, (uint64_t)frame == ((at - 440) & ~15ul) - 8,
         software[0], *(uint32_t *)(image + software[4]), (int)(software[1] - software[4]), g[REG_CSGSFS], u->uc_flags);
  g[REG_RIP] = g[REG_RBX];
  g[REG_EFL] &= ~0x100;
}
extern void entry(void);
asm("entry: mov %rsp, %rdi\n push %rbp\n mov %rsp, %rbp\n and $-16, %rsp\n call handler\n leave\n ret\n");

/* `code` faults at label 0; the handler goes on at label 1. */
#define FAULT(name, code)                                                                                                      \
  do {                                                                                                                         \
    printf("%s:", name);                                                                                                       \
    fflush(stdout);                                                                                                            \
    asm volatile("lea 1f(%%rip), %%rbx\n lea 0f(%%rip), %%rax\n mov %%rax, expected_ip(%%rip)\n mov %%rsp, %%r12\n"            \
                 "mov %%rbp, %%r13\n std\n" code "\n 1: mov %%r12, %%rsp\n mov %%r13, %%rbp\n cld" ::"S"(page)                   \
                 : "rax", "rbx", "rcx", "rdx", "r12", "r13", "memory", "cc");                                                   \
  } while (0)

int main(void) {
  char *page = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};
  action.sa_sigaction = (void *)entry;
  for (int s = 1; s < 32; s++) sigaction(s, &action, 0);
  expected_address = (uintptr_t)page;

  FAULT("ud2", "0: ud2");
  FAULT("privileged", "0: hlt");
  FAULT("non-canonical", "movabs $0x8000000000000000, %%rax\n 0: mov (%%rax), %%rax");
  FAULT("non-canonical stack", "movabs $0x8000000000000000, %%rbp\n 0: mov (%%rbp), %%rax");
  FAULT("int 5", "0: int $5");
  FAULT("int 29h", "0: int $0x29");
  FAULT("int3", "int3\n 0: nop");
  FAULT("divide", "xor %%ecx, %%ecx\n xor %%edx, %%edx\n 0: div %%ecx");
  FAULT("divide overflow", "mov $1, %%ecx\n mov $1, %%edx\n 0: div %%ecx");
  FAULT("kernel read", "mov $0xffffffff80000000, %%rax\n 0: mov (%%rax), %%rax");
  FAULT("kernel write", "mov $0xffffffff80000000, %%rax\n 0: mov %%rax, (%%rax)");
  FAULT("last page", "movabs $0x7ffffffff000, %%rax\n 0: mov (%%rax), %%rax");
  FAULT("null read", "xor %%eax, %%eax\n 0: mov (%%rax), %%rax");
  FAULT("null write", "xor %%eax, %%eax\n 0: mov %%rax, (%%rax)");
  FAULT("write to an untouched read-only page", "0: mov %%al, (%%rsi)");
  FAULT("write to a read-only page", "mov (%%rsi), %%al\n 0: mov %%al, (%%rsi)");
  FAULT("read-modify-write of a read-only page", "0: incb (%%rsi)");
  FAULT("jump to nowhere", "mov $0x1234, %%eax\n 0: jmp *%%rax");
  FAULT("jump out of the canonical range", "movabs $0x8000000000000000, %%rax\n 0: jmp *%%rax");
  FAULT("return out of the canonical range", "movabs $0x8000000000000000, %%rax\n push %%rax\n 0: ret");
  expected_ip = expected_address;
  FAULT("execute a read-only page", "lea 1f(%%rip), %%rbx\n 0: jmp *%%rsi");
  mprotect(page, 4096, PROT_NONE);
  FAULT("read an inaccessible page", "0: mov (%%rsi), %%al");
  FAULT("execute an inaccessible page", "0: jmp *%%rsi");
  munmap(page, 4096);
  FAULT("read a hole", "0: mov (%%rsi), %%al");
  FAULT("trap flag", "pushfq\n orq $0x100, (%%rsp)\n popfq\n nop\n 0: nop");
  return 0;
}
