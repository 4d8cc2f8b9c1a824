/* Floating point: bodies that attract each other (double, with division and square root) and a matrix product (float, vectorised). */
#include "start.h"
struct body { double x, y, z, vx, vy, vz, mass; };
static struct body bodies[5];
static float a[64][64], b[64][64], c[64][64];
static double root(double x) { double r; __asm__("sqrtsd %1, %0" : "=x"(r) : "x"(x)); return r; }
static void advance(double dt) {
  for (int i = 0; i < 5; i++)
    for (int j = i + 1; j < 5; j++) {
      struct body *p = &bodies[i], *q = &bodies[j];
      double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double force = dt / (square * root(square));
      p->vx -= dx * q->mass * force; p->vy -= dy * q->mass * force; p->vz -= dz * q->mass * force;
      q->vx += dx * p->mass * force; q->vy += dy * p->mass * force; q->vz += dz * p->mass * force;
    }
  for (int i = 0; i < 5; i++) { bodies[i].x += dt * bodies[i].vx; bodies[i].y += dt * bodies[i].vy; bodies[i].z += dt * bodies[i].vz; }
}
static void multiply(void) {
  for (int i = 0; i < 64; i++)
    for (int k = 0; k < 64; k++)
      for (int j = 0; j < 64; j++) c[i][j] += a[i][k] * b[k][j];
}
static u64 run(void) {
  for (int i = 0; i < 5; i++) {
    bodies[i].x = i * 1.5; bodies[i].y = (i * 7 % 5) - 2.0; bodies[i].z = (i * 3 % 5) * 0.5;
    bodies[i].vx = 0.1 * i; bodies[i].mass = 1.0 + i * 0.25;
  }
  for (int i = 0; i < 4096; i++) { a[i / 64][i % 64] = (i % 17) * 0.125f; b[i / 64][i % 64] = (i % 13) * 0.25f; }
  for (u32 i = 0; i < NITER; i++) {
    for (int step = 0; step < 400; step++) advance(0.001);
    multiply();
  }
  return (u64)(c[3][5] * 0.001f) + (u64)(bodies[1].x * 1000.0 + 1e6);
}
