// Random mapping operations in a window; prints every result and, now and then, what /proc/self/maps says of the window.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BASE 0x10000000000ul
#define PAGES 64
#define AT(p) ((char *)(BASE + 4096ul * (p)))

static unsigned state;
static unsigned rnd(unsigned below) {
  state = state * 1664525u + 1013904223u;
  return (unsigned)(((unsigned long)state * below) >> 32);
}

static char text[1 << 16];
static void show(void) {
  int fd = open("/proc/self/maps", O_RDONLY), n, length = 0;
  while ((n = read(fd, text + length, sizeof text - 1 - length)) > 0) length += n;
  close(fd);
  text[length] = 0;
  // Which equal neighbours are one area differs between kernels (since 6.5 mprotect forgets VM_ACCOUNT): they are shown as one.
  unsigned long from = 0, to = 0;
  char kind[5] = "";
  for (char *line = strtok(text, "\n"); line; line = strtok(0, "\n")) {
    unsigned long start, end, offset;
    char prot[5];
    if (sscanf(line, "%lx-%lx %4s %lx", &start, &end, prot, &offset) != 4) continue;
    if (start < BASE || start >= BASE + 4096ul * 512) continue;
    if (start == to && !strcmp(prot, kind)) {
      to = end;
      continue;
    }
    if (to) printf("  %lx-%lx %s\n", from - BASE, to - BASE, kind);
    from = start;
    to = end;
    strcpy(kind, prot);
  }
  if (to) printf("  %lx-%lx %s\n", from - BASE, to - BASE, kind);
}

static void result(const char *what, int a, int b, int c, void *r) {
  if (r == MAP_FAILED) printf("%s %d %d %d: errno %d\n", what, a, b, c, errno);
  else printf("%s %d %d %d: %ld\n", what, a, b, c, (long)((unsigned long)r - BASE));
}
static void status(const char *what, int a, int b, int c, int r) {
  printf("%s %d %d %d: %d\n", what, a, b, c, r ? errno : 0);
}

// 0 if the page is not mapped: mincore fails then.
static int mapped(int page) {
  unsigned char present;
  return mincore(AT(page), 4096, &present) == 0;
}

static unsigned long hash(void) {
  unsigned long h = 0;
  for (int p = 0; p < PAGES; p++)
    if (mapped(p)) h = h * 31 + p + 1;
  return h;
}

int main(int argc, char **argv) {
  state = argc > 1 ? atoi(argv[1]) : 1;
  static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC};
  for (int round = 0; round < 400; round++) {
    int page = rnd(PAGES), count = 1 + rnd(10), prot = rnd(4), extra = rnd(12);
    switch (rnd(7)) {
      case 0: case 1:
        result("mmap", page, count, prot, mmap(AT(page), count * 4096, prots[prot], MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
        break;
      case 2: status("munmap", page, count, 0, munmap(AT(page), count * 4096)); break;
      case 3: status("mprotect", page, count, prot, mprotect(AT(page), count * 4096, prots[prot])); break;
      case 4: status("madvise", page, count, 0, madvise(AT(page), count * 4096, MADV_DONTNEED)); break;
      case 5: {
        // A write, through the kernel so that a forbidden one is an error and not a signal.
        int fd = open("/dev/zero", O_RDONLY);
        status("touch", page, 0, 0, read(fd, AT(page), 8) != 8);
        close(fd);
        break;
      }
      default:
        // Kernels of our time and of MPX's differ in what a refused move leaves behind: move only what is there.
        if (extra & 4 && !mapped(page)) extra &= ~4;
        result("mremap", page, count, extra, mremap(AT(page), 4096, (2 + extra % 3) * 4096, extra & 4 ? MREMAP_MAYMOVE | MREMAP_FIXED : 0, AT(200 + extra * 4)));
    }
    if (round % 20 == 19) {
      printf("%lx\n", hash());
      show();
    }
  }
  return 0;
}
