/** Pages and their size. */
export const PAGE = 4096n;
export const PAGE_MASK = ~0xfffn;
export const pageAlign = (length: bigint): bigint => (length + 0xfffn) & PAGE_MASK;
