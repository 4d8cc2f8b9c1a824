/* Copying, filling and searching memory: REP strings, byte loops, and SSE2 as C libraries do it. */
#include "start.h"
#include <emmintrin.h>
static u8 from[65536] __attribute__((aligned(16))), to[65536] __attribute__((aligned(16)));
static void copy_rep(void *d, const void *s, u64 n) { __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory"); }
static void fill_rep(void *d, int v, u64 n) { __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(v) : "memory"); }
static void copy_sse(u8 *d, const u8 *s, u64 n) {
  for (u64 i = 0; i < n; i += 64)
    for (int k = 0; k < 64; k += 16) _mm_storeu_si128((__m128i *)(d + i + k), _mm_loadu_si128((const __m128i *)(s + i + k)));
}
static u64 length_sse(const u8 *s) {
  for (u64 i = 0;; i += 16) {
    int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(s + i)), _mm_setzero_si128()));
    if (mask) return i + __builtin_ctz(mask);
  }
}
static u64 length_bytes(const u8 *s) {
  const u8 *p = s;
  while (*p) p++;
  return p - s;
}
static u64 run(void) {
  u64 sum = 0;
  for (u32 i = 0; i < 65535; i++) from[i] = (random_next() & 127) + 1;
  for (u32 i = 0; i < NITER; i++) {
    copy_rep(to, from + (i & 63), 4096);
    copy_sse(to + 8192, from + (i & 15), 8192);
    fill_rep(to + 4096, i, 2048);
    to[4096 + (i & 1023)] = 0;
    sum += length_sse(from + (i & 4095)) + length_bytes(from + 61000 + (i & 255));
    sum += to[i & 4095] + to[8192 + (i & 8191)];
  }
  return sum;
}
