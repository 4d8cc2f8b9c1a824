/**
 * GDB's remote protocol over a target: a packet in → a reply out, or none while the program runs. Knows no transport.
 * What it does not know is answered with an empty packet, as the protocol wants it.
 */
import type { TaskView } from '../../kernel/api.ts';
import { siginfoImage } from '../../kernel/signal/layout.ts';
import { GDB_REGISTERS, TARGET_DESCRIPTION } from './registers.ts';
import type { GdbStop, GdbTarget } from './target.ts';

const OK = 'OK';
/** Errors of the protocol have no meanings; these are errno values. */
const EFAULT = 'E0e';
const EINVAL = 'E16';
const UNSUPPORTED = '';
const MAX_READ = 0x4000;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const number = (hex: string): bigint => BigInt(`0x${hex}`);
const isHex = (text: string): boolean => /^[0-9a-f]+$/i.test(text);

/** `m` or `l` and the part of an object that was asked for (`offset,length` in hexadecimal). */
function part(object: string, range: string): string {
  const [offset, length] = range.split(',').map((word) => Number.parseInt(word, 16));
  const piece = object.slice(offset, offset + length);
  return (offset + length < object.length ? 'm' : 'l') + piece;
}

export class GdbStub {
  /** Threads that `Hg` and `Hc` chose; undefined: the one that stopped. */
  private chosen: number | undefined;
  /** GDB has asked for packets without acknowledgement. */
  acknowledges = true;
  /** GDB has let go of the program or killed it. */
  over = false;

  constructor(
    private readonly target: GdbTarget,
    private readonly programPath: string,
    private readonly auxv: () => Uint8Array,
  ) {}

  /** The reply; undefined if the program was set going: the reply is the stop then. */
  handle(payload: string): string | undefined {
    const command = payload[0];
    const rest = payload.slice(1);
    switch (command) {
      case '?':
        return this.stopReply(this.target.last);
      case 'g':
        return GDB_REGISTERS.map((register) => hexOf(register.read(this.thread.cpu))).join('');
      case 'G':
        return this.writeAll(rest);
      case 'p':
        return this.readRegister(rest);
      case 'P':
        return this.writeRegister(rest);
      case 'm':
        return this.readMemory(rest);
      case 'M':
        return this.writeMemory(rest, (data) => bytesOf(data));
      case 'X':
        return this.writeMemory(rest, (data) => Uint8Array.from(Buffer.from(data, 'latin1')));
      case 'Z':
      case 'z':
        return this.breakpoint(rest, command === 'Z');
      case 'H':
        return this.choose(rest);
      case 'T':
        return isHex(rest) && this.target.thread(Number.parseInt(rest, 16)) ? OK : EINVAL;
      case 'c':
      case 's':
        return this.go(command === 's' ? this.thread : undefined, false);
      case 'k':
        this.over = true;
        return undefined;
      case 'D':
        this.over = true;
        return OK;
      case 'v':
        return this.extended(rest);
      case 'q':
        return this.query(rest);
      case 'Q':
        if (rest !== 'StartNoAckMode') return UNSUPPORTED;
        this.acknowledges = false;
        return OK;
      default:
        return UNSUPPORTED;
    }
  }

  stopReply(stop: GdbStop): string {
    if (stop.kind === 'exited')
      return 'signal' in stop.status ? `X${byte(stop.status.signal)}` : `W${byte(stop.status.code)}`;
    const reason = stop.breakpoint ? 'swbreak:;' : '';
    return `T${byte(stop.signal)}thread:${stop.tid.toString(16)};${reason}`;
  }

  private get thread(): TaskView {
    const { chosen, target } = this;
    return (chosen === undefined ? undefined : target.thread(chosen)) ?? target.task;
  }

  private choose(rest: string): string {
    const id = rest.slice(1);
    // 0 means whichever thread, −1 all of them.
    if (id === '0' || id === '-1') {
      if (rest[0] === 'g') this.chosen = undefined;
      return OK;
    }
    const tid = Number.parseInt(id, 16);
    if (!this.target.thread(tid)) return EINVAL;
    if (rest[0] === 'g') this.chosen = tid;
    return OK;
  }

  private go(step: TaskView | undefined, alone: boolean): undefined {
    this.chosen = undefined;
    this.target.resume(step, alone);
    return undefined;
  }

  // ---- registers and memory

  private writeAll(hex: string): string {
    let at = 0;
    for (const register of GDB_REGISTERS) {
      const value = hex.slice(at, at + 2 * register.bytes);
      at += 2 * register.bytes;
      if (value.length === 2 * register.bytes && isHex(value)) register.write(this.thread.cpu, bytesOf(value));
    }
    this.target.edited();
    return OK;
  }

  private readRegister(rest: string): string {
    const register = GDB_REGISTERS[Number.parseInt(rest, 16)];
    return register ? hexOf(register.read(this.thread.cpu)) : EINVAL;
  }

  private writeRegister(rest: string): string {
    const [index, value = ''] = rest.split('=');
    const register = GDB_REGISTERS[Number.parseInt(index, 16)];
    if (!register || value.length !== 2 * register.bytes || !isHex(value)) return EINVAL;
    register.write(this.thread.cpu, bytesOf(value));
    this.target.edited();
    return OK;
  }

  private readMemory(rest: string): string {
    const [address, length] = rest.split(',');
    if (!isHex(address) || !isHex(length ?? '')) return EINVAL;
    const bytes = this.target.memory.read(number(address), Math.min(Number.parseInt(length, 16), MAX_READ));
    return bytes.length > 0 || length === '0' ? hexOf(bytes) : EFAULT;
  }

  private writeMemory(rest: string, decode: (data: string) => Uint8Array): string {
    const colon = rest.indexOf(':');
    const [address, length] = rest.slice(0, colon).split(',');
    if (colon < 0 || !isHex(address) || !isHex(length ?? '')) return EINVAL;
    const bytes = decode(rest.slice(colon + 1));
    if (bytes.length !== Number.parseInt(length, 16)) return EINVAL;
    const written = this.target.memory.write(number(address), bytes);
    this.target.edited();
    return written === bytes.length ? OK : EFAULT;
  }

  /** Software and hardware breakpoints are one here. Watchpoints are left to GDB. */
  private breakpoint(rest: string, set: boolean): string {
    const [type, address] = rest.split(',');
    if (type !== '0' && type !== '1') return UNSUPPORTED;
    if (!isHex(address ?? '')) return EINVAL;
    if (set) this.target.breakpoints.add(number(address));
    else this.target.breakpoints.delete(number(address));
    this.target.breakpointsChanged();
    return OK;
  }

  // ---- packets with names

  private extended(rest: string): string | undefined {
    if (rest === 'Cont?') return 'vCont;c;C;s;S';
    if (rest.startsWith('Cont;')) return this.continueBy(rest.slice(5).split(';'));
    if (rest.startsWith('Kill')) {
      this.over = true;
      return OK;
    }
    return UNSUPPORTED;
  }

  /** `c`, `s`, `C sig` and `S sig`, each for a thread or for all others. Signals are delivered as the kernel has them. */
  private continueBy(actions: readonly string[]): string | undefined {
    const parsed = actions.map((action) => {
      const [what, id] = action.split(':');
      return { steps: /^[sS]/.test(what), tid: id === undefined || id === '-1' ? undefined : Number.parseInt(id, 16) };
    });
    const step = parsed.find(({ steps }) => steps);
    const others = parsed.some(({ steps, tid }) => !steps && tid === undefined);
    if (!step) return this.go(undefined, false);
    const task = step.tid === undefined ? this.target.task : this.target.thread(step.tid);
    return task ? this.go(task, !others && step.tid !== undefined) : EINVAL;
  }

  private query(rest: string): string {
    if (rest.startsWith('Supported'))
      return [
        `PacketSize=${(2 * MAX_READ).toString(16)}`,
        'qXfer:features:read+',
        'qXfer:auxv:read+',
        'qXfer:exec-file:read+',
        'qXfer:siginfo:read+',
        'QStartNoAckMode+',
        'vContSupported+',
        'swbreak+',
      ].join(';');
    if (rest.startsWith('Xfer:')) return this.transfer(rest.slice(5));
    if (rest === 'C') return `QC${this.target.task.tid.toString(16)}`;
    if (rest === 'fThreadInfo') return `m${this.target.process.tasks.map(({ tid }) => tid.toString(16)).join(',')}`;
    if (rest === 'sThreadInfo') return 'l';
    if (rest.startsWith('ThreadExtraInfo,')) {
      const task = this.target.thread(Number.parseInt(rest.slice(16), 16));
      return task ? hexOf(Buffer.from(task.inKernel ? `${task.name}, in the kernel` : task.name)) : EINVAL;
    }
    if (rest === 'Attached') return '0';
    if (rest === 'Symbol::') return OK;
    return UNSUPPORTED;
  }

  private transfer(rest: string): string {
    const [object, action, annex, range = ''] = rest.split(':');
    if (action !== 'read') return UNSUPPORTED;
    switch (object) {
      case 'features':
        return annex === 'target.xml' ? part(TARGET_DESCRIPTION, range) : 'E00';
      case 'auxv':
        return part(Buffer.from(this.auxv()).toString('latin1'), range);
      case 'exec-file':
        return part(this.programPath, range);
      case 'siginfo': {
        const info = this.target.process.lastSiginfo;
        return info ? part(Buffer.from(siginfoImage(info, 8)).toString('latin1'), range) : EINVAL;
      }
      default:
        return UNSUPPORTED;
    }
  }
}

const byte = (value: number): string => (value & 0xff).toString(16).padStart(2, '0');
