// What a compiler makes of plain loops: integers, doubles, floats, conversions, reductions. Prints results in hexadecimal.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define N 1003

static uint64_t seed = 88172645463325252ull;
static uint64_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}

static uint8_t bytes[N];
static int16_t shorts[N];
static int32_t ints[N], indexes[N];
static int64_t longs[N];
static float floats[N], other[N];
static double doubles[N], sums[N];

static uint64_t hash(const void *data, size_t size) {
  const uint8_t *p = data;
  uint64_t h = 14695981039346656037ull;
  for (size_t i = 0; i < size; i++) h = (h ^ p[i]) * 1099511628211ull;
  return h;
}
#define SHOW(what) printf("%-10s %016llx\n", #what, (unsigned long long)hash(what, sizeof what))

__attribute__((noinline)) static void integers(void) {
  for (int i = 0; i < N; i++) ints[i] = ints[i] * 3 + shorts[i] - bytes[i];
  for (int i = 0; i < N; i++) shorts[i] = shorts[i] > 0 ? shorts[i] >> 3 : -shorts[i];
  for (int i = 0; i < N; i++) bytes[i] = (bytes[i] + bytes[N - 1 - i] + 1) >> 1;
  for (int i = 0; i < N; i++) longs[i] = (longs[i] << (ints[i] & 63)) ^ (longs[i] + ints[i]);
  for (int i = 0; i < N; i++) ints[i] = ints[i] >> (indexes[i] & 31);
}

__attribute__((noinline)) static void gathered(void) {
  for (int i = 0; i < N; i++) other[i] = floats[indexes[i]];
  for (int i = 0; i < N; i++) sums[i] = doubles[indexes[i]] + sums[i];
}

__attribute__((noinline)) static void numbers(double factor) {
  for (int i = 0; i < N; i++) sums[i] = sums[i] + doubles[i] * factor;
  for (int i = 0; i < N; i++) doubles[i] = sqrt(fabs(doubles[i])) - sums[i];
  for (int i = 0; i < N; i++) floats[i] = floats[i] * other[i] + 0.25f;
  for (int i = 0; i < N; i++) other[i] = floats[i] < other[i] ? (float)doubles[i] : (float)ints[i];
  for (int i = 0; i < N; i++) ints[i] += (int)floats[i];
  for (int i = 0; i < N; i++) doubles[i] += ints[i];
}

static unsigned bits(uint64_t v) {
  return __builtin_popcountll(v) + 3 * __builtin_ctzll(v | 1ull << 63) + 5 * __builtin_clzll(v | 1);
}

int main(void) {
  for (int i = 0; i < N; i++) {
    bytes[i] = next();
    shorts[i] = next();
    ints[i] = next();
    longs[i] = next();
    indexes[i] = next() % N;
    floats[i] = (int32_t)next() / 65536.0f;
    doubles[i] = (int64_t)next() / 4294967296.0;
    other[i] = floats[i] / 3;
    sums[i] = doubles[i] / 7;
  }
  unsigned total = 0;
  for (int round = 0; round < 20; round++) {
    integers();
    gathered();
    numbers(1.0 / (round + 3));
    for (int i = 0; i < N; i++) total += bits(longs[i]);
  }
  SHOW(bytes);
  SHOW(shorts);
  SHOW(ints);
  SHOW(longs);
  SHOW(floats);
  SHOW(other);
  SHOW(doubles);
  SHOW(sums);
  double sum = 0;
  for (int i = 0; i < N; i++) sum = fma(doubles[i], 1e-9, sum);
  printf("%u %.17g\n", total, sum);
  return 0;
}
