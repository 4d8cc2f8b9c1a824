/* LZ77 with hash chains and lazy matching, and the inverse: the inner loops of a deflate compressor. */
#include "start.h"
#define SIZE 65536
#define CHAIN 32
static u8 input[SIZE], packed[SIZE * 2], output[SIZE];
static int head[4096], previous[SIZE];
static int match(int at, int candidate, int end) {
  int length = 0;
  while (length < 258 && at + length < end && input[at + length] == input[candidate + length]) length++;
  return length;
}
static u32 hash(const u8 *p) { return ((p[0] << 8 ^ p[1] << 4 ^ p[2]) * 2654435761u) >> 20; }
static int longest(int at, int *distance) {
  int best = 0;
  int candidate = head[hash(input + at)];
  for (int tries = 0; candidate >= 0 && tries < CHAIN; tries++, candidate = previous[candidate]) {
    if (best && input[candidate + best] != input[at + best]) continue;
    int length = match(at, candidate, SIZE - 3);
    if (length > best) { best = length; *distance = at - candidate; }
  }
  return best;
}
static int compress(void) {
  u8 *out = packed;
  for (int i = 0; i < 4096; i++) head[i] = -1;
  for (int at = 0; at < SIZE - 3;) {
    int distance = 0;
    int length = longest(at, &distance);
    int step = length >= 4 ? length : 1;
    if (length >= 4) { *out++ = 1; *out++ = length >> 8; *out++ = length; *out++ = distance >> 8; *out++ = distance; }
    else { *out++ = 0; *out++ = input[at]; }
    for (int end = at + step; at < end; at++) { u32 h = hash(input + at); previous[at] = head[h]; head[h] = at; }
  }
  return out - packed;
}
static u32 expand(int length) {
  u8 *out = output;
  for (const u8 *p = packed; p < packed + length;) {
    if (*p++ == 0) { *out++ = *p++; continue; }
    int count = p[0] << 8 | p[1], distance = p[2] << 8 | p[3];
    p += 4;
    for (; count; count--, out++) *out = out[-distance];
  }
  u32 a = 1, b = 0;
  for (u8 *p = output; p < out; p++) { a += *p; if (a >= 65521) a -= 65521; b += a; if (b >= 65521) b -= 65521; }
  return b << 16 | a;
}
static u64 run(void) {
  static const char *const words[] = { "bound ", "table ", "pointer ", "lower ", "upper ", "the ", "of ", "directory ", "entry ", "kernel " };
  for (int at = 0; at < SIZE;) {
    const char *word = words[random_next() % 10];
    while (*word && at < SIZE) input[at++] = *word++;
    if (at < SIZE && random_next() % 7 == 0) input[at++] = random_next();
  }
  u64 sum = 0;
  for (u32 i = 0; i < NITER; i++) { input[i * 31 % SIZE] ^= i; sum += expand(compress()); }
  return sum;
}
