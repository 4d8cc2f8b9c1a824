/** Files the kernel itself makes: devices and /proc. */
import { mapsText } from '../mm/maps.ts';
import type { Process } from '../process.ts';
import { MemoryFile, type OpenFile, S_IFCHR, StreamFile } from './open-file.ts';

const encoder = new TextEncoder();
const device = (name: string, read: (count: number) => Uint8Array): OpenFile =>
  new StreamFile(name, S_IFCHR | 0o666, read, (bytes) => bytes.length);
/** Most bytes one read of a device gives. */
const DEVICE_READ = 1 << 20;

/** Opens a device or a file of /proc; undefined if `path` is none. */
export function openSpecial(process: Process, path: string): OpenFile | undefined {
  switch (path) {
    case '/dev/null':
      return device(path, () => new Uint8Array(0));
    case '/dev/zero':
      return device(path, (count) => new Uint8Array(Math.min(count, DEVICE_READ)));
    case '/dev/urandom':
    case '/dev/random':
      return device(path, (count) => process.inputs.random(Math.min(count, 256)));
  }
  const own = /^\/proc\/(self|thread-self|\d+)\/(\w+)$/.exec(path);
  if (!own || (/^\d/.test(own[1]) && Number(own[1]) !== process.pid)) return undefined;
  switch (own[2]) {
    case 'maps':
      return new MemoryFile(path, encoder.encode(mapsText(process.mm)));
    case 'cmdline':
      return new MemoryFile(path, encoder.encode(process.image.args.map((argument) => `${argument}\0`).join('')));
    case 'auxv':
      return new MemoryFile(path, process.image.auxv);
    case 'comm':
      return new MemoryFile(path, encoder.encode(`${process.tasks[0]?.name ?? ''}\n`));
    default:
      return undefined;
  }
}
