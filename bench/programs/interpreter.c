/* A byte-code interpreter with a jump table. */
#include "start.h"
enum { PUSH, ADD, SUBTRACT, MULTIPLY, LOAD, STORE, LESS, JUMP_IF, JUMP, DUPLICATE, XOR, SHIFT, HALT };
static const short code[] = {
  PUSH, 0, STORE, 0, PUSH, 1, STORE, 1,
  /* 8 */ LOAD, 1, DUPLICATE, 0, MULTIPLY, 0, LOAD, 0, XOR, 0, STORE, 0,
  /* 20 */ LOAD, 0, PUSH, 3, SHIFT, 0, LOAD, 1, ADD, 0, LOAD, 0, SUBTRACT, 0, STORE, 0,
  /* 36 */ LOAD, 1, PUSH, 1, ADD, 0, DUPLICATE, 0, STORE, 1, PUSH, 1000, LESS, 0, JUMP_IF, 8, HALT, 0,
};
static u64 run(void) {
  static const void *const labels[] = { &&push, &&add, &&subtract, &&multiply, &&load, &&store, &&less, &&jump_if, &&jump, &&duplicate, &&exclusive, &&shift, &&halt };
  static u64 stack[64], variables[8];
  u64 sum = 0;
  for (u32 i = 0; i < NITER; i++) {
    const short *pc = code;
    u64 *sp = stack;
    variables[2] = i;
#define NEXT goto *labels[*pc]
    NEXT;
    push: *sp++ = pc[1]; pc += 2; NEXT;
    add: sp--; sp[-1] += sp[0]; pc += 2; NEXT;
    subtract: sp--; sp[-1] -= sp[0]; pc += 2; NEXT;
    multiply: sp--; sp[-1] *= sp[0]; pc += 2; NEXT;
    load: *sp++ = variables[pc[1]]; pc += 2; NEXT;
    store: variables[pc[1]] = *--sp; pc += 2; NEXT;
    less: sp--; sp[-1] = sp[-1] < sp[0]; pc += 2; NEXT;
    jump_if: pc = *--sp ? code + pc[1] : pc + 2; NEXT;
    jump: pc = code + pc[1]; NEXT;
    duplicate: *sp = sp[-1]; sp++; pc += 2; NEXT;
    exclusive: sp--; sp[-1] ^= sp[0]; pc += 2; NEXT;
    shift: sp--; sp[-1] = sp[-1] << sp[0] | sp[-1] >> (64 - sp[0]); pc += 2; NEXT;
    halt: sum += variables[0];
  }
  return sum;
}
