/*
 * Bounds of pointers in memory live in the bounds tables, beside the memory. When the C library moves a block, it moves
 * the pointers but knows nothing of their bounds; these functions move them along.
 *
 * Everything goes through BNDLDX and BNDSTX, so the processor does the walk and the kernel makes missing tables. Only
 * the directory's valid bits are read here: to ask for bounds where there is no table would make one.
 */
#define _GNU_SOURCE
#include "mpxrt.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SLOT sizeof(void *)
#define AREA (1ul << 20) /* what one bounds table covers */

struct bounds {
    uint64_t lower;
    uint64_t upper; /* one's complement, as the processor keeps it */
};

/* INIT, all zero, allows everything; it stands for "no bounds known". */
static int is_init(struct bounds b)
{
    return b.lower == 0 && b.upper == 0;
}

/* Bounds kept for `pointer` at address `slot`; INIT if there are none, or for another pointer. (With MPX off: INIT.) */
static struct bounds load_bounds(uintptr_t slot, uintptr_t pointer)
{
    struct bounds b = { 0, 0 };
    __asm__ volatile("bndldx (%1,%2), %%bnd0\n\tbndmov %%bnd0, %0" : "+m"(b) : "r"(slot), "r"(pointer) : "memory");
    return b;
}

static void store_bounds(uintptr_t slot, uintptr_t pointer, struct bounds b)
{
    __asm__ volatile("bndmov %0, %%bnd0\n\tbndstx %%bnd0, (%1,%2)" : : "m"(b), "r"(slot), "r"(pointer) : "memory");
}

static int has_table(uintptr_t address)
{
    const volatile uint64_t *directory = get_bd();

    return (int)(directory[address / AREA & 0xfffffff] & 1);
}

static uintptr_t pointer_at(uintptr_t slot)
{
    return *(const volatile uintptr_t *)slot;
}

/*
 * One pointer. A slot that gets a pointer without bounds must not keep old bounds that happen to be for the same
 * pointer value; but a table is made only for bounds worth keeping.
 */
static void carry_slot(uintptr_t to, uintptr_t from, int from_has_table)
{
    uintptr_t pointer = pointer_at(from);
    struct bounds b = { 0, 0 };

    if (from_has_table)
        b = load_bounds(from, pointer);
    if (!is_init(b) || (has_table(to) && !is_init(load_bounds(to, pointer))))
        store_bounds(to, pointer, b);
}

void mpxrt_carry_bounds(void *dst, const void *src, size_t n)
{
    uintptr_t to = (uintptr_t)dst, from = (uintptr_t)src;

    /* Pointers keep their bounds only from slot to slot: a shifted pointer shares its table entry with a neighbour. */
    if (!get_bd() || to == from || (to - from) % SLOT != 0)
        return;
    size_t skip = -from % SLOT;
    if (n < skip + SLOT)
        return;
    to += skip;
    from += skip;
    size_t slots = (n - skip) / SLOT;

    /* As memmove does: from the end if the destination overlaps the source from above. */
    int backward = to - from < slots * SLOT;
    for (size_t done = 0; done < slots;) {
        size_t first = backward ? slots - 1 - done : done;
        uintptr_t t = to + first * SLOT, f = from + first * SLOT;
        /* As many slots as lie in one area on both sides, for which one look into the directory does. */
        size_t run = backward ? (f % AREA < t % AREA ? f % AREA : t % AREA) / SLOT + 1
                              : (AREA - (f % AREA > t % AREA ? f % AREA : t % AREA)) / SLOT;
        if (run > slots - done)
            run = slots - done;
        int from_has_table = has_table(f);
        if (from_has_table || has_table(t))
            for (size_t i = 0; i < run; i++)
                carry_slot(backward ? t - i * SLOT : t + i * SLOT, backward ? f - i * SLOT : f + i * SLOT, from_has_table);
        done += run;
    }
}

void *mpxrt_memmove(void *dst, const void *src, size_t n)
{
    mpxrt_carry_bounds(dst, src, n);
    return memmove(dst, src, n);
}

void *mpxrt_mempcpy(void *dst, const void *src, size_t n)
{
    return (char *)mpxrt_memmove(dst, src, n) + n;
}

/* ---- allocation ---- */

/*
 * Each block gets some bytes more than asked for, outside its bounds. In count mode a reported access happens all the same,
 * and without this margin the commonest mistake, one element too many, would hit the allocator's own data: the program
 * would end in free(), far from the report.
 */
static size_t with_margin(size_t n)
{
    enum { MARGIN = 16 };
    return n > SIZE_MAX - MARGIN ? n : n + MARGIN;
}

void *mpxrt_malloc(size_t n)
{
    return malloc(with_margin(n));
}

void *mpxrt_calloc(size_t count, size_t size)
{
    size_t n;

    if (__builtin_mul_overflow(count, size, &n))
        return calloc(count, size); /* which fails as it should */
    return calloc(1, with_margin(n));
}

struct kept {
    size_t offset;
    uintptr_t pointer;
    struct bounds bounds;
};

/* Notes the bounds of all pointers in block[0, n) in `list` (may be NULL) and returns how many there are. */
static size_t keep_bounds(uintptr_t block, size_t n, struct kept *list, size_t room)
{
    size_t count = 0;

    for (size_t offset = 0; offset + SLOT <= n;) {
        uintptr_t slot = block + offset;
        if (!has_table(slot)) {
            offset += AREA - slot % AREA;
            continue;
        }
        uintptr_t pointer = pointer_at(slot);
        struct bounds b = load_bounds(slot, pointer);
        if (!is_init(b)) {
            if (list && count < room)
                list[count] = (struct kept){ offset, pointer, b };
            count++;
        }
        offset += SLOT;
    }
    return count;
}

/*
 * The old block's table entries may vanish with it (a big one is unmapped, and the kernel clears its entries), so the
 * bounds are noted before the C library is asked, and stored again if the block has moved.
 */
void *mpxrt_realloc(void *block, size_t n)
{
    struct kept few[32];
    struct kept *list = few;
    size_t room = sizeof few / sizeof few[0], count = 0, list_bytes = 0;

    if (block && n && get_bd()) {
        size_t old = malloc_usable_size(block), both = old < n ? old : n;
        count = keep_bounds((uintptr_t)block, both, few, room);
        if (count > room) {
            list_bytes = count * sizeof *list;
            list = mmap(NULL, list_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (list == MAP_FAILED) {
                list_bytes = count = 0; /* the block's pointers lose their bounds: they are not checked, as elsewhere without bounds */
            } else {
                room = count;
                count = keep_bounds((uintptr_t)block, both, list, room);
                count = count < room ? count : room;
            }
        }
    }
    char *moved = realloc(block, n ? with_margin(n) : 0);
    if (moved && moved != (char *)block)
        for (size_t i = 0; i < count; i++)
            store_bounds((uintptr_t)moved + list[i].offset, list[i].pointer, list[i].bounds);
    if (list_bytes)
        munmap(list, list_bytes);
    return moved;
}

/* ---- how much of its arguments a function of the C library will touch ---- */

/* In RAX and RDX, where entry.S wants them. */
struct extent {
    size_t dst;
    size_t src;
};

struct extent mpxrt_extent_copy(char *dst, const char *src, size_t n)
{
    (void)dst, (void)src;
    return (struct extent){ n, n };
}

struct extent mpxrt_extent_set(char *dst, int value, size_t n)
{
    (void)dst, (void)value;
    return (struct extent){ n, 0 };
}

struct extent mpxrt_extent_zero(char *dst, size_t n)
{
    (void)dst;
    return (struct extent){ n, 0 };
}

struct extent mpxrt_extent_length(const char *text)
{
    return (struct extent){ strlen(text) + 1, 0 };
}

struct extent mpxrt_extent_string(char *dst, const char *src)
{
    size_t bytes = strlen(src) + 1;
    (void)dst;
    return (struct extent){ bytes, bytes };
}

/* strncpy fills all n bytes of dst, and reads src up to its end or n bytes. */
struct extent mpxrt_extent_padded(char *dst, const char *src, size_t n)
{
    size_t length = strnlen(src, n);
    (void)dst;
    return (struct extent){ n, length < n ? length + 1 : n };
}

struct extent mpxrt_extent_append(char *dst, const char *src)
{
    size_t bytes = strlen(src) + 1;
    return (struct extent){ strlen(dst) + bytes, bytes };
}

struct extent mpxrt_extent_append_some(char *dst, const char *src, size_t n)
{
    size_t length = strnlen(src, n);
    return (struct extent){ strlen(dst) + length + 1, length < n ? length + 1 : n };
}
