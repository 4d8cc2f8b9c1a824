import fs from 'node:fs';
import path from 'node:path';

/** C programs for the comparison with gdb. Lines with STOP are where both look at them; all variables are set there. */

const types = `#include <stdio.h>
#include <string.h>
#include <stdbool.h>
#include <stdint.h>
enum colour { RED, GREEN = 5, BLUE };
enum flags { READ = 1, WRITE = 2, EXEC = 4 };
typedef unsigned long word;
typedef int (*operation)(int, const char *, ...);
struct point { short x, y; };
struct bits { unsigned a : 3; signed b : 5; unsigned long c : 40; _Bool d : 1; };
union number { int i; float f; unsigned char bytes[4]; };
struct shape {
  struct point corner;
  enum colour colour;
  union number number;
  struct { int inner; union { long left; char right[8]; }; };
  struct shape *next;
  char name[12];
  double weights[2][3];
};
static int called(int n, const char *text, ...) { return n + text[0]; }
int global_counter = 41;
static struct point origin = { -3, 7 };
_Thread_local int per_thread = 77;
_Thread_local struct point thread_point = { 1, 2 };
const char *const title = "a title";
int volatile seen;
static int sum(int n)
{
  int values[n];
  memset(values, 0, sizeof values);
  int result = 0;
  for (int i = 0; i < n; i++)
    values[i] = i * i;
  for (int i = 0; i < n; i++)
    result += values[i];
  seen = values[n - 1];
  __asm__ volatile ("nop" : : "r"(values) : "memory"); /* STOP vla */
  return result + seen;
}
static double mix(float f, double d, long double l, char c, signed char s, unsigned char u, int64_t big, bool truth)
{
  double all = f + d + (double)l;
  seen = c + s + u + (int)big + truth; /* STOP mix */
  return all + seen;
}
int main(void)
{
  static int kept = 9;
  struct shape second = { { 3, 4 }, BLUE, { .f = 1.5f }, { 5, { .left = -6 } }, 0, "second", { { 1, 2, 3 }, { 4, 5, 6.25 } } };
  struct shape first = { { 1, -2 }, GREEN, { .i = -1 }, { 7, { .right = "ab" } }, &second, "first", { { 0.5 } } };
  struct bits bits = { 5, -9, 0x123456789a, 1 };
  enum flags flags = READ | EXEC;
  enum colour odd = (enum colour)99;
  word big = 0xfedcba9876543210ul;
  operation operate = called;
  const char *text = "hello\\tworld";
  char *nothing = 0;
  void *anything = &global_counter;
  int matrix[3][4] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 10, 11, 12 } };
  int (*row)[4] = &matrix[1];
  float small = 0.1f;
  long double huge = 1.25L;
  int result = operate(1, text);
  kept += sum(6); /* STOP main */
  {
    int result = 5;
    char flags = 'x';
    seen = result + flags + kept; /* STOP inner */
  }
  seen += (int)mix(1.5f, -2.25, 3.5L, 'q', -5, 250, -1234567890123, true) + per_thread + thread_point.x + origin.x;
  printf("%d %d %lu %p %d %d %f %d %d %d\\n", result, (int)odd, big, anything, first.corner.x, bits.a, small, (*row)[0], (int)huge, flags); /* STOP end */
  return nothing != 0;
}
`;

const recursion = `#include <stdlib.h>
struct tree { struct tree *left, *right; int key; char label[4]; };
static int depth;
static struct tree *insert(struct tree *root, int key)
{
  if (!root) {
    struct tree *made = calloc(1, sizeof *made);
    made->key = key;
    made->label[0] = 'a' + key % 26;
    return made; /* STOP made */
  }
  if (key < root->key)
    root->left = insert(root->left, key);
  else
    root->right = insert(root->right, key);
  return root;
}
static long walk(const struct tree *root, int level)
{
  long total = 0;
  if (root) {
    long left = walk(root->left, level + 1);
    long right = walk(root->right, level + 1);
    total = left + right + root->key; /* STOP walk */
  }
  depth = level > depth ? level : depth;
  return total;
}
static int compare(const void *a, const void *b)
{
  int left = *(const int *)a, right = *(const int *)b;
  return left - right; /* STOP compare */
}
int main(int argc, char **argv)
{
  int keys[] = { 50, 20, 70, 10, 30, 60, 80, 25, 35 };
  struct tree *root = 0;
  for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
    root = insert(root, keys[i]);
  long total = walk(root, 0);
  qsort(keys, 9, sizeof *keys, compare);
  return total != 380 || argc > 9 || !argv[0]; /* STOP main */
}
`;

const signals = `#include <signal.h>
#include <string.h>
static volatile int handled;
static void handler(int number, siginfo_t *info, void *context)
{
  int code = info->si_code;
  int twice = number * 2;
  handled += twice + (context != 0) + code; /* STOP handler */
}
static int trigger(int round)
{
  int before = round * 10;
  raise(SIGUSR1);
  return before + handled; /* STOP after */
}
int main(void)
{
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR1, &action, 0);
  int total = 0;
  for (int round = 1; round <= 5; round++)
    total += trigger(round);
  return total == 0; /* STOP main */
}
`;

const inlined = `#include <stdio.h>
#include <stdlib.h>
struct pair { int first, second; };
volatile int sink;
static inline int scale(int value, int factor)
{
  int product = value * factor;
  sink = product; /* STOP scale */
  return product + sink;
}
static inline int both(struct pair pair, int factor)
{
  int left = scale(pair.first, factor);
  int right = scale(pair.second, factor + 1);
  sink = left - right; /* STOP both */
  return left * right;
}
__attribute__((noinline)) int outer(int count, const char *name)
{
  int total = 0;
  for (int i = 0; i < count; i++) {
    struct pair pair = { i, count };
    total += both(pair, i + 2);
    sink = total; /* STOP loop */
  }
  return total + name[0];
}
__attribute__((noinline)) static int keep(int a, int b, int c, int d)
{
  int local = sink;
  puts("keep");
  sink = local + b; /* STOP keep */
  return a ^ d;
}
int main(int argc, char **argv)
{
  int r = outer(6, argv[0]);
  int k = keep(11, argc, 13, r);
  sink = k; /* STOP main */
  return r == k;
}
`;

const arrays = `volatile int seen;
static int fold(int rows, int columns, int depth)
{
  int plane[rows][columns];
  short cube[2][rows][depth];
  int total = 0;
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      plane[i][j] = i * 10 + j;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < rows; j++)
      for (int k = 0; k < depth; k++)
        cube[i][j][k] = i - j + k;
  for (int i = 0; i < rows; i++) {
    total += plane[i][columns - 1] + cube[1][i][depth - 1]; /* STOP fold */
    seen = total;
  }
  return total;
}
int main(void)
{
  int sum = 0;
  for (int n = 2; n < 6; n++)
    sum += fold(n, n + 1, 3);
  return sum == 0; /* STOP main */
}
`;

const tails = `volatile int seen;
struct step { int kind; long value; };
__attribute__((noinline)) static long last(struct step *step, long all)
{
  seen = (int)all;
  return step->value + all; /* STOP last */
}
__attribute__((noinline)) static long middle(struct step *step, long all, int more)
{
  if (more > 2)
    return last(step, all * 2);
  seen = more; /* STOP middle */
  return last(step, all + more);
}
__attribute__((noinline)) static int even(unsigned n);
__attribute__((noinline)) static int odd(unsigned n)
{
  seen = (int)n; /* STOP odd */
  return n ? even(n - 1) : 0;
}
static int even(unsigned n) { seen = -(int)n; return n ? odd(n - 1) : 1; }
int main(void)
{
  long sum = 0;
  for (int i = 0; i < 6; i++) {
    struct step step = { i, i * 100 };
    sum += middle(&step, sum, i);
    sum += even(i + 2);
  }
  return sum == 0; /* STOP main */
}
`;

const numbers = `#include <math.h>
volatile double seen;
struct vector { float x, y; double z; long double w; };
static struct vector scale(struct vector v, double by)
{
  struct vector result = { v.x * by, v.y * by, v.z * by, v.w * by };
  seen = result.z; /* STOP scale */
  return result;
}
int main(void)
{
  double special[6] = { 0.0, -0.0, INFINITY, -INFINITY, 1e-310, 1.7976931348623157e308 };
  float small[4] = { 1e-40f, 3.4028235e38f, -1.5f, 16777216.0f };
  long double extended[3] = { 1.5L, -2.25L, 1024.0L };
  struct vector v = { 1.5f, -2.5f, 1e10, 3.0L };
  for (int i = 0; i < 8; i++) {
    v = scale(v, i + 0.5);
    seen = v.z + special[i % 2] + small[2] + (double)extended[1]; /* STOP loop */
  }
  return 0;
}
`;

const unions = `#include <stdint.h>
volatile long seen;
enum kind { NONE, NUMBER, TEXT, PAIR = 10, LIMIT = -1 };
struct value {
  enum kind kind;
  union { long number; char text[8]; struct { int left, right; } pair; };
  struct { unsigned flag : 1; unsigned : 3; int level : 6; uint64_t wide : 50; } bits;
};
union view { uint64_t whole; uint32_t halves[2]; struct { uint8_t low; uint16_t rest __attribute__((packed)); } parts; };
static long weigh(struct value *value, union view view)
{
  long weight = value->bits.level + (long)value->kind;
  switch (value->kind) {
  case NUMBER: weight += value->number; break;
  case PAIR: weight += value->pair.left - value->pair.right; break;
  default: break;
  }
  seen = weight + view.parts.low; /* STOP weigh */
  return weight;
}
int main(void)
{
  struct value values[4] = {
    { NUMBER, { .number = -5 }, { 1, -32, 0x3ffffffffffffull } },
    { TEXT, { .text = "abc" }, { 0, 31, 1 } },
    { PAIR, { .pair = { 3, 4 } }, { 1, -1, 0 } },
    { LIMIT, { .number = 0 }, { 0, 0, 42 } },
  };
  long sum = 0;
  for (int i = 0; i < 12; i++) {
    union view view = { .whole = 0x1122334455667788ull * (i + 1) };
    sum += weigh(&values[i % 4], view);
  }
  return sum == 0; /* STOP main */
}
`;

const scopes = `volatile int seen;
static int level = 1;
int shared = 7;
typedef int (*visitor)(int);
static int add(int x) { static int calls; calls++; seen = calls; return x + calls; /* STOP add */ }
static int multiply(int x) { static long calls = 100; calls += 2; seen = (int)calls; return x * 2; /* STOP multiply */ }
static const visitor visitors[] = { add, multiply, 0 };
static int visit(int value, const visitor *all)
{
  for (int i = 0; all[i]; i++) {
    int level = i * 10;
    visitor one = all[i];
    value = one(value);
    {
      char level = (char)('a' + i);
      seen = level + value; /* STOP block */
    }
    shared += level;
  }
  return value + level;
}
int main(int argc, char **argv)
{
  int value = argc;
  const char *names[] = { "one", "two", "three", 0 };
  for (int i = 0; names[i]; i++) {
    value = visit(value, visitors);
    seen = names[i][0] + value; /* STOP main */
  }
  return argv == 0;
}
`;

/** A sample of this project, compiled without MPX: its lines marked BREAK are looked at. */
const threads = `#include <pthread.h>
#include <sched.h>
struct job { int number; long total; const char *name; };
static struct job jobs[3] = { { 1, 0, "first" }, { 2, 0, "second" }, { 3, 0, "third" } };
static _Thread_local int depth_reached;
static volatile int ready, go;
static pthread_t ids[3];
static long wait_in_turn(struct job *job, int left)
{
  long result = job->number * 10 + left;
  depth_reached = left;
  if (left > 0)
    result += wait_in_turn(job, left - 1);
  else { long r; __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST); do { register long r10 __asm__("r10") = 0; __asm__ volatile ("syscall" : "=a"(r) : "0"(202l), "D"(&go), "S"(0l), "d"(0l), "r"(r10) : "rcx", "r11", "memory"); } while (!go); }
  __asm__ volatile ("" : : "r"(job), "r"(&result), "r"(&left) : "memory");
  return result;
}
static void *worker(void *argument)
{
  struct job *job = argument;
  job->total = wait_in_turn(job, job->number);
  __asm__ volatile ("" : : "r"(job) : "memory");
  return job;
}
static int look(int round)
{
  int square = round * round;
  __asm__ volatile ("" : "+r"(square)); /* STOP look */
  return square;
}
int main(void)
{
  long sum = 0;
  for (int i = 0; i < 3; i++) {
    pthread_create(&ids[i], 0, worker, &jobs[i]);
    while (ready <= i)
      sched_yield();
    sum += look(i); /* STOP started */
  }
  for (int round = 3; round < 9; round++)
    sum += look(round);
  go = 1;
  { register long r10 __asm__("r10") = 0; long r; __asm__ volatile ("syscall" : "=a"(r) : "0"(202l), "D"(&go), "S"(1l), "d"(100l), "r"(r10) : "rcx", "r11", "memory"); }
  for (int i = 0; i < 3; i++)
    pthread_join(ids[i], 0);
  return sum + jobs[0].total > 0 ? 0 : 1; /* STOP joined */
}
`;

const plainSample = (name: string): string =>
  fs.readFileSync(path.join(PROJECT_ROOT, 'samples', `${name}.c`), 'utf8').replaceAll('BREAK', 'STOP');

export const sources: Record<string, string> = {
  threads,
  types,
  recursion,
  signals,
  inlined,
  arrays,
  tails,
  numbers,
  unions,
  scopes,
  'heap-overflow': plainSample('heap-overflow'),
  'linked-list': plainSample('linked-list'),
  'stack-array': plainSample('stack-array'),
  narrowing: plainSample('narrowing'),
};
