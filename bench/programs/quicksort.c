/* Quicksort that compares through a function pointer, as qsort does. */
#include "start.h"
typedef int (*compare)(const void *, const void *);
static u32 values[4096], work[4096];
static int ascending(const void *a, const void *b) { u32 x = *(const u32 *)a, y = *(const u32 *)b; return x < y ? -1 : x > y; }
static int descending(const void *a, const void *b) { return ascending(b, a); }
static int by_low_byte(const void *a, const void *b) { return (int)(*(const u32 *)a & 0xff) - (int)(*(const u32 *)b & 0xff); }
static __attribute__((noinline)) void sort(u32 *base, long count, compare order) {
  while (count > 1) {
    u32 pivot = base[count / 2];
    long i = 0, j = count - 1;
    while (i <= j) {
      while (order(&base[i], &pivot) < 0) i++;
      while (order(&base[j], &pivot) > 0) j--;
      if (i <= j) { u32 t = base[i]; base[i++] = base[j]; base[j--] = t; }
    }
    sort(base, j + 1, order);
    base += i;
    count -= i;
  }
}
static u64 run(void) {
  static volatile compare orders[] = { ascending, descending, by_low_byte };
  u64 sum = 0;
  for (int i = 0; i < 4096; i++) values[i] = random_next();
  for (u32 i = 0; i < NITER; i++) {
    for (int k = 0; k < 4096; k++) work[k] = values[k] ^ i;
    sort(work, 4096, orders[i % 3]);
    sum += work[i & 4095];
  }
  return sum;
}
