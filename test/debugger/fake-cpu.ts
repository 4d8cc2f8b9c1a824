/** A register file and a little memory for tests that need no running machine. */
import type { Bounds, GuestMemory, Vcpu } from '../../src/machine/api.ts';

export function fakeCpu(): Vcpu {
  const gprs = new Array<bigint>(16).fill(0n);
  const bnds: Bounds[] = Array.from({ length: 4 }, () => ({ lower: 0n, upperRaw: 0n }));
  const xmms = Array.from({ length: 16 }, (): Uint8Array => new Uint8Array(16));
  const sts = Array.from({ length: 8 }, (): Uint8Array => new Uint8Array(10));
  const selectors: Record<string, number> = { cs: 0x33, ss: 0x2b, ds: 0, es: 0, fs: 0, gs: 0 };
  return {
    gpr: (i) => gprs[i],
    setGpr: (i, value) => {
      gprs[i] = BigInt.asUintN(64, value);
    },
    rip: 0x401000n,
    rflags: 0x202n,
    fsBase: 0n,
    gsBase: 0n,
    tlsBase: () => undefined,
    setTlsBase: () => undefined,
    selector: (name) => selectors[name],
    setSelector: (name, value) => {
      selectors[name] = value;
    },
    bnd: (i) => bnds[i],
    setBnd: (i, value) => {
      bnds[i] = value;
    },
    bndcfgu: 0n,
    bndstatus: 0n,
    xmm: (i) => xmms[i],
    setXmm: (i, bytes) => {
      xmms[i] = bytes;
    },
    ymm: () => new Uint8Array(32),
    setYmm: () => undefined,
    mxcsr: 0x1f80,
    fcw: 0x37f,
    fsw: 0,
    ftw: 0,
    st: (i) => sts[i],
    setSt: (i, bytes) => {
      sts[i] = bytes;
    },
    retired: 0n,
    xinuse: () => 0n,
    xsave: () => new Uint8Array(1088),
    xrstor: () => true,
    initFpu: () => undefined,
    save: () => ({ bytes: new Uint8Array() }),
    restore: () => undefined,
  };
}

/** Sparse memory: only pages that were populated are present. */
export function fakeMemory(): GuestMemory {
  const pages = new Map<bigint, Uint8Array>();
  const pageOf = (address: bigint) => address & ~0xfffn;
  const memory: GuestMemory = {
    populate: (page, _prot, content) => {
      const bytes = new Uint8Array(4096);
      if (content) bytes.set(content);
      pages.set(page, bytes);
      return true;
    },
    protect: () => undefined,
    discard: (start, end) => {
      for (const page of [...pages.keys()]) if (page >= start && page < end) pages.delete(page);
    },
    move: () => undefined,
    protection: (address) => (pages.has(pageOf(address)) ? 7 : undefined),
    presentPages: (start, end) =>
      [...pages.keys()].filter((page) => page >= start && page < end).sort((a, b) => (a < b ? -1 : 1)),
    read: (address, length) => {
      const bytes: number[] = [];
      for (let i = 0; i < length; i++) {
        const at = BigInt.asUintN(64, address + BigInt(i));
        const page = pages.get(pageOf(at));
        if (!page) break;
        bytes.push(page[Number(at & 0xfffn)]);
      }
      return Uint8Array.from(bytes);
    },
    write: (address, bytes) => {
      for (let i = 0; i < bytes.length; i++) {
        const at = BigInt.asUintN(64, address + BigInt(i));
        const page = pages.get(pageOf(at));
        if (!page) return i;
        page[Number(at & 0xfffn)] = bytes[i];
      }
      return bytes.length;
    },
    readUint: (address, size) => {
      const bytes = memory.read(address, size);
      return bytes.length === size ? bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) : undefined;
    },
    writeUint: (address, size, value) => {
      if (memory.read(address, size).length < size) return false;
      const bytes = Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
      return memory.write(address, bytes) === size;
    },
    get presentCount() {
      return pages.size;
    },
    hash: () => '',
  };
  return memory;
}
