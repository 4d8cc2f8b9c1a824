/*
 * Calls each of the run-time library's sixteen functions with bounds, right ones and wrong ones, and prints a line for each
 * expectation: `ok TEXT` or `not ok TEXT`. Needs MPX.
 */
#define _GNU_SOURCE
#include "mpxrt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct pair {
    uint64_t lower, upper; /* upper: one's complement */
};

extern long call_with_bounds(void *function, const long arguments[6], const struct pair in[2], struct pair *out);
extern void odd_checks(const void *p, const struct pair *bounds);
extern void pass_eight(char *p, long over);
extern void call_old_code(const void *p);
extern void *early_pointer;

extern char __mpx_wrapper_malloc[], __mpx_wrapper_calloc[], __mpx_wrapper_realloc[], __mpx_wrapper_mmap[],
    __mpx_wrapper_memset[], __mpx_wrapper_bzero[], __mpx_wrapper_memmove[], __mpx_wrapper_memcpy[],
    __mpx_wrapper_mempcpy[], __mpx_wrapper_strncat[], __mpx_wrapper_strcat[], __mpx_wrapper_stpcpy[],
    __mpx_wrapper_stpncpy[], __mpx_wrapper_strcpy[], __mpx_wrapper_strncpy[], __mpx_wrapper_strlen[];

#define INIT ((struct pair){ 0, 0 })
#define NONE ((struct pair){ ~0ull, ~0ull })
#define AREA (1ul << 20)

static struct pair of(const void *start, size_t size)
{
    return (struct pair){ (uint64_t)start, ~((uint64_t)start + size - 1) };
}

static int same(struct pair a, struct pair b)
{
    return a.lower == b.lower && a.upper == b.upper;
}

static void expect(int is_so, const char *text)
{
    printf("%s %s\n", is_so ? "ok" : "not ok", text);
}

static unsigned long new_violations(void)
{
    static unsigned long seen;
    unsigned long now = mpxrt_violations, since = now - seen;
    seen = now;
    return since;
}

/* A call; `result_bounds` and `faults` tell how it went. */
static struct pair result_bounds;
static unsigned long faults;

static long call(void *function, struct pair b0, struct pair b1, long a, long b, long c)
{
    const long arguments[6] = { a, b, c, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 };
    const struct pair in[2] = { b0, b1 };

    new_violations();
    result_bounds = (struct pair){ 1, 1 };
    long result = call_with_bounds(function, arguments, in, &result_bounds);
    faults = new_violations();
    return result;
}

#define CALL(name, b0, b1, a, b, c) call(__mpx_wrapper_##name, b0, b1, (long)(a), (long)(b), (long)(c))

static struct pair load(const void *slot, const void *pointer)
{
    struct pair b = INIT;
    __asm__ volatile("bndldx (%1,%2), %%bnd0\n\tbndmov %%bnd0, %0" : "+m"(b) : "r"(slot), "r"(pointer) : "memory");
    return b;
}

/* Stores a pointer with bounds, as compiled code does. */
static void put(void *slot, void *pointer, struct pair b)
{
    *(void **)slot = pointer;
    __asm__ volatile("bndmov %0, %%bnd0\n\tbndstx %%bnd0, (%1,%2)" : : "m"(b), "r"(slot), "r"(pointer) : "memory");
}

static struct pair kept(void *slot)
{
    return load(slot, *(void **)slot);
}

static int has_table(const void *address)
{
    return (int)(mpxrt_directory[(uint64_t)address / AREA] & 1);
}

static char *areas(size_t count)
{
    char *p = mmap(NULL, (count + 1) * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return (char *)(((uint64_t)p + AREA - 1) & -AREA);
}

static void allocation(void)
{
    char *p = (char *)CALL(malloc, INIT, INIT, 10, 0, 0);
    expect(p && same(result_bounds, of(p, 10)), "malloc: bounds of the size asked for");
    CALL(malloc, INIT, INIT, (long)(~0ul >> 1), 0, 0);
    expect(same(result_bounds, NONE), "malloc: a failure has bounds that allow nothing");
    p = (char *)CALL(malloc, INIT, INIT, 0, 0, 0);
    expect(!p || same(result_bounds, of(p, 0)), "malloc: a block of no bytes allows none");
    p = (char *)CALL(calloc, INIT, INIT, 3, 7, 0);
    expect(p && same(result_bounds, of(p, 21)) && p[20] == 0, "calloc: bounds of the product");
    CALL(calloc, INIT, INIT, 1l << 33, 1l << 33, 0);
    expect(same(result_bounds, NONE), "calloc: an overflow fails");
    p = (char *)CALL(mmap, NONE, INIT, 0, 100, PROT_READ | PROT_WRITE);
    expect(p != MAP_FAILED && same(result_bounds, of(p, 100)), "mmap: bounds of the length asked for");
    long failed = CALL(mmap, NONE, INIT, 0, 0, PROT_READ);
    expect(failed == -1 && same(result_bounds, NONE), "mmap: MAP_FAILED has bounds that allow nothing");
}

static void reallocation(void)
{
    char target[8];
    struct pair b = of(target, 8);
    int all;

    char *p = (char *)CALL(realloc, NONE, INIT, 0, 24, 0);
    expect(p && same(result_bounds, of(p, 24)) && faults == 0, "realloc: of nothing is malloc");

    put(p, target, b);
    put(p + 16, target + 1, b);
    char *in_the_way = malloc(24);
    char *q = (char *)CALL(realloc, of(p, 24), INIT, p, 5000, 0);
    expect(q != p && same(result_bounds, of(q, 5000)) && faults == 0, "realloc: new bounds for a block that grew and moved");
    expect(same(kept(q), b) && same(kept(q + 16), b) && same(kept(q + 8), INIT), "realloc: bounds of pointers move along");

    for (int i = 0; i < 600; i++)
        put(q + 8 * i, target + i % 8, b);
    p = (char *)CALL(realloc, of(q, 5000), INIT, q, 3 * AREA, 0);
    all = p != q;
    for (int i = 0; i < 600; i++)
        all = all && same(kept(p + 8 * i), b);
    expect(all, "realloc: many bounds into a large block");

    put(p + 2 * AREA + 64, target, b);
    char *wall = mmap((void *)((uint64_t)(p + 3 * AREA + 8191) & -4096ul), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    q = (char *)CALL(realloc, of(p, 3 * AREA), INIT, p, 9 * AREA, 0);
    all = same(kept(q + 2 * AREA + 64), b);
    for (int i = 0; i < 600; i++)
        all = all && same(kept(q + 8 * i), b);
    expect(all, "realloc: bounds of a large block whose old place is unmapped");

    p = (char *)CALL(realloc, of(q, 9 * AREA), INIT, q, 800, 0);
    all = 1;
    for (int i = 0; i < 100; i++)
        all = all && same(kept(p + 8 * i), b);
    expect(all && same(result_bounds, of(p, 800)), "realloc: bounds of the part that is left when a block shrinks");

    CALL(realloc, of(p + 8, 792), INIT, p, 800, 0);
    expect(faults == 1, "realloc: a pointer below its bounds is reported");
    errno = 0;
    CALL(realloc, INIT, INIT, 0, ~0ul >> 1, 0);
    expect(errno == ENOMEM && same(result_bounds, NONE), "realloc: a failure has bounds that allow nothing");
    free(in_the_way);
    (void)wall;
}

static void filling(void)
{
    char text[32];

    long r = CALL(memset, of(text, 16), INIT, text, 'a', 16);
    expect(r == (long)text && same(result_bounds, of(text, 16)) && faults == 0 && text[15] == 'a', "memset: the whole object");
    CALL(memset, of(text, 16), INIT, text, 'b', 17);
    expect(faults == 1 && text[16] == 'b', "memset: one byte too many is reported, and done");
    CALL(memset, of(text + 1, 15), INIT, text, 'b', 16);
    expect(faults == 1, "memset: one byte too early is reported");
    CALL(memset, NONE, INIT, text, 'b', 1);
    expect(faults == 2, "memset: bounds that allow nothing fail both checks");
    CALL(memset, NONE, INIT, text, 'b', 0);
    expect(faults == 0, "memset: no bytes, no check");
    CALL(bzero, of(text, 16), INIT, text, 16, 0);
    expect(faults == 0 && text[15] == 0 && text[16] == 'b', "bzero: the whole object");
    CALL(bzero, of(text, 16), INIT, text, 17, 0);
    expect(faults == 1 && text[16] == 0, "bzero: one byte too many");
    errno = 42;
    CALL(bzero, of(text, 16), INIT, text, 17, 0);
    expect(errno == 42, "a report leaves errno alone");
}

static void copying(void)
{
    char from[64], to[64];

    memset(from, 'f', sizeof from);
    long r = CALL(memcpy, of(to, 10), of(from, 10), to, from, 10);
    expect(r == (long)to && same(result_bounds, of(to, 10)) && faults == 0 && to[9] == 'f', "memcpy: the whole object");
    CALL(memcpy, of(to, 10), of(from, 20), to, from, 11);
    expect(faults == 1, "memcpy: destination too small");
    CALL(memcpy, of(to, 20), of(from, 10), to, from, 11);
    expect(faults == 1, "memcpy: source too small");
    CALL(memcpy, of(to, 10), of(from, 10), to, from, 11);
    expect(faults == 2, "memcpy: both too small");
    CALL(memcpy, NONE, NONE, to, from, 0);
    expect(faults == 0, "memcpy: no bytes, no check");
    r = CALL(memmove, of(to, 20), of(to, 20), to + 3, to, 17);
    expect(r == (long)(to + 3) && same(result_bounds, of(to, 20)) && faults == 0, "memmove: result with the object's bounds");
    CALL(memmove, of(to, 20), of(to, 20), to + 4, to, 17);
    expect(faults == 1, "memmove: one byte past the end");
    r = CALL(mempcpy, of(to, 20), of(from, 20), to, from, 20);
    expect(r == (long)(to + 20) && same(result_bounds, of(to, 20)) && faults == 0, "mempcpy: the end, with the object's bounds");
    CALL(mempcpy, of(to, 20), of(from, 20), to, from, 21);
    expect(faults == 2, "mempcpy: past both ends");
}

static void strings(void)
{
    char to[64];
    char from[] = "twelve chars"; /* 13 bytes */

    expect(CALL(strlen, of(from, 13), INIT, from, 0, 0) == 12 && faults == 0, "strlen: with room for the end");
    expect(CALL(strlen, of(from, 12), INIT, from, 0, 0) == 12 && faults == 1, "strlen: the end lies outside");

    long r = CALL(strcpy, of(to, 13), of(from, 13), to, from, 0);
    expect(r == (long)to && same(result_bounds, of(to, 13)) && faults == 0 && !strcmp(to, from), "strcpy: fits");
    CALL(strcpy, of(to, 12), of(from, 13), to, from, 0);
    expect(faults == 1, "strcpy: no room for the end");
    CALL(strcpy, of(to, 12), of(from, 12), to, from, 0);
    expect(faults == 2, "strcpy: both too small");
    r = CALL(stpcpy, of(to, 13), of(from, 13), to, from, 0);
    expect(r == (long)(to + 12) && same(result_bounds, of(to, 13)) && faults == 0, "stpcpy: the end, with the object's bounds");
    CALL(stpcpy, of(to, 12), of(from, 13), to, from, 0);
    expect(faults == 1, "stpcpy: no room for the end");

    r = CALL(strncpy, of(to, 20), of(from, 13), to, from, 20);
    expect(r == (long)to && same(result_bounds, of(to, 20)) && faults == 0 && to[19] == 0, "strncpy: fills up");
    CALL(strncpy, of(to, 19), of(from, 13), to, from, 20);
    expect(faults == 1, "strncpy: filling up goes too far");
    CALL(strncpy, of(to, 5), of(from, 5), to, from, 5);
    expect(faults == 0, "strncpy: part of the source");
    CALL(strncpy, NONE, NONE, to, from, 0);
    expect(faults == 0, "strncpy: no bytes, no check");
    r = CALL(stpncpy, of(to, 20), of(from, 13), to, from, 20);
    expect(r == (long)(to + 12) && same(result_bounds, of(to, 20)) && faults == 0, "stpncpy: the end, with the object's bounds");
    CALL(stpncpy, of(to, 20), of(from, 12), to, from, 20);
    expect(faults == 1, "stpncpy: the source's end lies outside");

    strcpy(to, "12345678");
    r = CALL(strcat, of(to, 21), of(from, 13), to, from, 0);
    expect(r == (long)to && same(result_bounds, of(to, 21)) && faults == 0 && strlen(to) == 20, "strcat: fits");
    strcpy(to, "12345678");
    CALL(strcat, of(to, 20), of(from, 13), to, from, 0);
    expect(faults == 1, "strcat: no room for the end");
    strcpy(to, "12345678");
    r = CALL(strncat, of(to, 14), of(from, 5), to, from, 5);
    expect(r == (long)to && same(result_bounds, of(to, 14)) && faults == 0 && strlen(to) == 13, "strncat: part of the source");
    strcpy(to, "12345678");
    CALL(strncat, of(to, 13), of(from, 5), to, from, 5);
    expect(faults == 1, "strncat: no room for the end");
    strcpy(to, "12345678");
    CALL(strncat, of(to, 64), of(from, 12), to, from, 40);
    expect(faults == 1, "strncat: the source's end lies outside");
}

static void carrying(void)
{
    char target[8];
    struct pair b = of(target, 8), narrow = of(target + 2, 2);
    void *from[6], *to[6];

    memset(from, 0, sizeof from);
    put(&from[0], target, b);
    put(&from[1], target + 1, narrow);
    from[2] = target + 2;
    put(&to[2], target + 2, narrow);
    put(&from[5], target + 5, b);
    CALL(memcpy, INIT, INIT, to, from, sizeof to);
    expect(same(kept(&to[0]), b) && same(kept(&to[1]), narrow) && same(kept(&to[5]), b), "memcpy: bounds go along");
    expect(same(kept(&to[2]), INIT), "memcpy: old bounds for a pointer of the same value do not stay");

    from[0] = target + 3; /* changed by code without MPX */
    CALL(memcpy, INIT, INIT, to, from, sizeof to);
    expect(same(kept(&to[0]), INIT), "memcpy: bounds of another pointer do not go along");
    put(&from[0], target, b);
    put(&to[0], target, narrow);
    CALL(memcpy, INIT, INIT, to, from, 7);
    to[0] = target;
    expect(same(kept(&to[0]), narrow), "memcpy: half a pointer takes no bounds along");
    char bytes[64] __attribute__((aligned(16)));
    memset(bytes, 0, sizeof bytes);
    CALL(memcpy, INIT, INIT, bytes + 4, from, sizeof from);
    expect(same(load(bytes, target), INIT) && same(load(bytes + 8, target), INIT), "memcpy: a shifted pointer takes none along");
    put(&from[1], target, b);
    CALL(memcpy, INIT, INIT, (char *)to + 4, (char *)from + 4, 12);
    expect(same(kept(&to[1]), b), "memcpy: a pointer inside a block that starts in the middle of one");

    void *row[40];
    for (int i = 0; i < 40; i++)
        put(&row[i], target + i % 8, of(target, i + 1));
    CALL(memmove, INIT, INIT, row + 3, row, 30 * sizeof *row);
    int all = 1;
    for (int i = 0; i < 30; i++)
        all = all && same(kept(&row[i + 3]), of(target, i + 1));
    expect(all && same(kept(&row[39]), of(target, 40)), "memmove: upwards over itself");
    CALL(memmove, INIT, INIT, row + 1, row + 3, 30 * sizeof *row);
    all = 1;
    for (int i = 0; i < 30; i++)
        all = all && same(kept(&row[i + 1]), of(target, i + 1));
    expect(all, "memmove: downwards over itself");
}

static void carrying_far(void)
{
    char target[8];
    struct pair b = of(target, 8);
    char *from = areas(4), *to = areas(4);

    CALL(memcpy, INIT, INIT, to, from, 4 * AREA);
    expect(!has_table(from) && !has_table(to) && !has_table(to + 3 * AREA), "memcpy: makes no tables without need");
    put(from + AREA - 8, target, b);
    put(from + 3 * AREA, target, b);
    CALL(memcpy, INIT, INIT, to + 8, from, 4 * AREA - 8);
    expect(same(kept(to + AREA), b) && same(kept(to + 3 * AREA + 8), b), "memcpy: over several areas");
    expect(!has_table(to + 2 * AREA) && !has_table(to) && !has_table(from + 2 * AREA), "memcpy: tables only where bounds arrive");
    CALL(memmove, INIT, INIT, from + AREA, from, 3 * AREA);
    expect(same(kept(from + 2 * AREA - 8), b), "memmove: up by an area");
    char *fresh = areas(2);
    put(fresh, target, b);
    CALL(memmove, INIT, INIT, fresh + 8, fresh, 2 * AREA - 8);
    expect(same(kept(fresh + 8), b) && !has_table(fresh + AREA), "memmove: backwards over an area's border");
    memset(from, 0, 16);
    put(from + 8, target, b);
    CALL(mempcpy, INIT, INIT, to, from, 16);
    expect(same(kept(to + 8), b), "mempcpy: bounds go along");
}

/*
 * Many moves within 64 slots around an area's border, where some pointers have bounds, some have none and some were changed
 * by code without MPX: each slot must have afterwards what its source had before, all others what they had.
 */
static void carrying_at_random(void)
{
    enum { SLOTS = 64 };
    static char target[4];
    void **slots = (void **)(areas(2) + AREA) - SLOTS / 2;
    unsigned random = 12345;
    int all = 1;

    for (int round = 0; round < 400 && all; round++) {
        struct pair had[SLOTS];
        unsigned numbers[5];
        for (int i = 0; i < 5; i++)
            numbers[i] = (random = random * 1103515245 + 12345) >> 16;
        char *pointer = target + numbers[1] % 4;
        if (numbers[4] % 2)
            put(&slots[numbers[0] % SLOTS], pointer, of(target, 1 + numbers[2] % 4));
        else
            slots[numbers[0] % SLOTS] = pointer;
        unsigned from = numbers[2] % SLOTS, to = numbers[3] % SLOTS;
        unsigned most = SLOTS - (from > to ? from : to), n = 1 + numbers[4] % most;
        for (int i = 0; i < SLOTS; i++)
            had[i] = kept(&slots[i]);
        CALL(memmove, INIT, INIT, slots + to, slots + from, n * sizeof *slots);
        for (unsigned i = 0; i < SLOTS; i++)
            all = all && same(kept(&slots[i]), i >= to && i < to + n ? had[i - to + from] : had[i]);
    }
    expect(all, "memmove: any pointers anywhere over an area's border");
}

int main(void)
{
    if (!mpxrt_directory) {
        printf("not ok there is no MPX\n");
        return 1;
    }
    expect(same(load(&early_pointer, early_pointer), of(early_pointer, 24)), "MPX is on before the compiler's constructors");
    allocation();
    reallocation();
    filling();
    copying();
    strings();
    carrying();
    carrying_far();
    carrying_at_random();
    char outside[16];
    struct pair before_it = of(outside - 16, 16);
    new_violations();
    odd_checks(outside, &before_it);
    expect(new_violations() == 8, "checks in every encoding are skipped whole");
    pass_eight(outside, 0);
    expect(new_violations() == 0, "bounds reach a function by registers, below its frame and by the stack");
    pass_eight(outside, 1);
    expect(new_violations() == 8, "and are those of each pointer");
    call_old_code(outside);
    expect(new_violations() == (unsigned long)mpxrt_options.preserve, "bounds survive old code only with BNDPRESERVE");
    printf("end\n");
    return 0;
}
