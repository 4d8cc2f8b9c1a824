/* Programs without a C library: `run` is the whole program; its value is the exit status. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

static u64 run(void);

/* The kernel enters with an aligned stack, where the compiler expects a return address. */
__attribute__((force_align_arg_pointer)) void _start(void) {
  u64 status = run() & 127;
  __asm__ volatile("syscall" : : "a"(60ul), "D"(status));
  __builtin_unreachable();
}

static u64 random_state = 0x9E3779B97F4A7C15ul;
static inline u64 random_next(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}
