/** The machine's WebAssembly memory. Growing it detaches its buffer, so views are taken from here whenever they are needed. */
import { INITIAL_BYTES, MAXIMUM_BYTES } from '../layout.ts';

const WASM_PAGE = 65536;
const GROW_STEP = 0x0100_0000;

export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  u8: Uint8Array;
  view: DataView;
  /** 64-bit words, for the page tags. */
  u64: BigUint64Array;
  i32: Int32Array;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: INITIAL_BYTES / WASM_PAGE, maximum: MAXIMUM_BYTES / WASM_PAGE });
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  get size(): number {
    return this.u8.length;
  }

  /** Makes sure that bytes up to `end` exist. False if the host has no more memory to give. */
  reserve(end: number): boolean {
    if (end <= this.size) return true;
    if (end > MAXIMUM_BYTES) return false;
    const wanted = Math.min(Math.max(end, this.size + GROW_STEP), MAXIMUM_BYTES);
    return this.grow(wanted) || this.grow(end);
  }

  private grow(end: number): boolean {
    try {
      this.memory.grow(Math.ceil((end - this.size) / WASM_PAGE));
    } catch {
      return false;
    }
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.i32 = new Int32Array(buffer);
    return true;
  }
}
