#define _GNU_SOURCE
// The C library's string functions, which pick their code by CPUID: lengths, offsets and page ends of all kinds.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <wchar.h>

static uint64_t seed = 88172645463325252ull;
static uint64_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

static uint64_t h = 14695981039346656037ull;
static void note(uint64_t value) { h = (h ^ value) * 1099511628211ull; }
static uint64_t place(const void *found, const void *start) {
  return found ? (uint64_t)((const char *)found - (const char *)start) : ~0ull;
}

int main(void) {
  const size_t room = 16384;
  // A page that may not be touched lies behind each area.
  char *a = mmap(0, room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *b = mmap(0, room + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(a + room, 4096, PROT_NONE);
  mprotect(b + room, 4096, PROT_NONE);
  for (int round = 0; round < 400; round++) {
    size_t n = next() % (round % 3 ? 90 : 5000);
    char *s = a + (next() % 2 ? room - n - 1 : next() % (room - n - 1));
    char *t = b + (next() % 2 ? room - n - 1 : next() % (room - n - 1));
    for (size_t i = 0; i < n; i++) s[i] = 'a' + next() % 4;
    s[n] = 0;
    note(strlen(s));
    note(strnlen(s, next() % (n + 1)));
    memcpy(t, s, n + 1);
    note(memcmp(s, t, n + 1));
    if (n) t[next() % n] ^= next() % 2;
    note(strcmp(s, t) > 0);
    note(strcmp(s, t) < 0);
    note(strncmp(s, t, n / 2) < 0);
    note(memcmp(s, t, n) > 0);
    note(strcasecmp(s, t) < 0);
    note(place(memchr(s, 'd', n), s));
    note(place(memrchr(s, 'c', n), s));
    note(place(strchr(s, 'b'), s));
    note(place(strrchr(s, 'a'), s));
    note(place(strchrnul(s, 'x'), s));
    note(place(rawmemchr(s, 0), s));
    note(place(strstr(s, "dabc"), s));
    note(place(strpbrk(s, "xyc"), s));
    note(strspn(s, "abc"));
    note(strcspn(s, "d"));
    memmove(t + (n ? next() % n : 0) / 2, t, n / 2);
    memset(t, (int)next(), n / 3);
    for (size_t i = 0; i < n; i++) note(t[i]);
    if (n > 16) {
      wchar_t *w = (wchar_t *)((uintptr_t)s & ~3ul);
      note(wmemchr(w, 0x61626364, n / 4) != 0);
    }
    stpcpy(t, s);
    note(strlen(t));
  }
  printf("%016llx\n", (unsigned long long)h);
  return 0;
}
