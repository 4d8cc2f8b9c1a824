// BMI1, BMI2, LZCNT, MOVBE and carries, as compilers use them.
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t seed = 88172645463325252ull;
static uint64_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  return seed ^= seed << 17;
}
static uint64_t h = 14695981039346656037ull;
static void note(uint64_t value) { h = (h ^ value) * 1099511628211ull; }

typedef unsigned __int128 wide;

int main(void) {
  for (int round = 0; round < 20000; round++) {
    uint64_t a = next(), b = next() >> (next() & 63);
    note(_pdep_u64(a, b));
    note(_pext_u64(a, b));
    note(_pdep_u32(a, b) ^ _pext_u32(b, a));
    note(_bzhi_u64(a, b));
    note(_bextr_u64(a, b & 63, 17));
    note(_blsr_u64(b) ^ _blsi_u64(a) ^ _blsmsk_u64(b));
    note(_andn_u64(a, b));
    note(_tzcnt_u64(b) + _lzcnt_u64(b) + _lzcnt_u32(b) + _tzcnt_u32(b));
    note(a << (b & 63));
    note((int64_t)a >> (b & 63));
    note((a >> 13) | (a << 51));
    wide product = (wide)a * b + (wide)next() * next();
    note((uint64_t)(product >> 64));
    note((uint64_t)product);
    unsigned long long sum[4];
    unsigned char carry = _addcarry_u64(0, a, b, &sum[0]);
    for (int i = 1; i < 4; i++) carry = _addcarry_u64(carry, next(), a >> i, &sum[i]);
    for (int i = 0; i < 4; i++) note(sum[i] + carry);
    uint64_t swapped = __builtin_bswap64(a);
    note(swapped);
  }
  printf("%016llx\n", (unsigned long long)h);
  return 0;
}
