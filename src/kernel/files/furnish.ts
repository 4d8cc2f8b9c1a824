/** The directories every world has: /dev, /proc, /sys. */
import type { Process } from '../process.ts';
import type { Task } from '../task.ts';
import type { World } from '../world.ts';
import { makeProc } from './proc/directory.ts';
import { makeDevices } from './streams.ts';
import { DEV_FILES } from './superblock.ts';

export function furnish(world: World<Process<Task>>): void {
  const { fileSystem, inputs } = world;
  makeDevices(fileSystem, inputs);
  makeProc(fileSystem, world);
  fileSystem.directory('/dev/shm', DEV_FILES).mode |= 0o1777;
}
