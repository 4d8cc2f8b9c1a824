/* SHA-256 (FIPS 180-4) over and over a buffer. Its constants are the fractional parts of cube roots, computed at the start. */
#include "start.h"
static u32 constants[64], state[8];
static u8 buffer[4096];
static u32 rotate(u32 x, int n) { return x >> n | x << (32 - n); }
/* floor(2^32 * frac(n^(1/3))) by bisection */
static u32 cube_root_fraction(u64 n) {
  u64 low = 0, high = 8ul << 32;
  while (high - low > 1) {
    u64 middle = (low + high) / 2;
    unsigned __int128 square = (unsigned __int128)middle * middle;
    unsigned __int128 cube = (square >> 32) * middle;
    if (cube <= (unsigned __int128)n << 64) low = middle; else high = middle;
  }
  return low;
}
static void block(const u8 *p) {
  u32 w[64];
  for (int i = 0; i < 16; i++) w[i] = p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    u32 s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    u32 s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  u32 a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    u32 t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    u32 t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}
static u64 run(void) {
  for (u32 n = 2, found = 0; found < 64; n++) {
    u32 d = 2;
    while (d * d <= n && n % d) d++;
    if (d * d > n) constants[found++] = cube_root_fraction(n);
  }
  for (int i = 0; i < 8; i++) state[i] = constants[i] ^ 0x5BE0CD19;
  for (int i = 0; i < 4096; i++) buffer[i] = random_next();
  for (u32 i = 0; i < NITER; i++)
    for (int at = 0; at < 4096; at += 64) block(buffer + at);
  return state[0] ^ state[7];
}
