/** What a program sees of the host: from the launch configuration to mounts of its file system. */
import type { HostTree, Mount } from '../kernel/files/host-tree.ts';
import type { FileAccess } from '../protocol/launch.ts';
import { UserError } from './errors.ts';

export interface MountRequest {
  /** Absolute path of the program. */
  program: string;
  /** Folder that is the program's `/`. */
  sysroot?: string;
  fileAccess?: readonly FileAccess[];
  /** Opens a folder of the host. Throws if there is none. */
  openTree(folder: string, writable: boolean): HostTree;
}

const isAbsolute = (path: string): boolean => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);

/** The guest's path for a host path: drive letters become folders. */
export const guestPath = (path: string): string => {
  const slashed = path.replaceAll('\\', '/').replace(/\/+$/, '');
  return slashed.startsWith('/') ? slashed : `/${slashed}`;
};

const folderOf = (path: string): string => path.replace(/[\\/][^\\/]*$/, '') || '/';

/** Throws UserError for a folder that is not there. */
export function mountsFor({ program, sysroot, fileAccess = [], openTree }: MountRequest): Mount[] {
  const open = (folder: string, writable: boolean, attribute: string): HostTree => {
    try {
      return openTree(folder, writable);
    } catch {
      throw new UserError(`The folder ${folder} of “${attribute}” cannot be opened; name a folder that exists.`);
    }
  };
  const mounts: Mount[] = [];
  if (sysroot !== undefined) mounts.push({ at: '/', tree: open(sysroot, false, 'sysroot') });
  // With the host's own root the program's folder is there already.
  if (sysroot !== '/' && isAbsolute(program))
    mounts.push({ at: guestPath(folderOf(program)), tree: open(folderOf(program), false, 'program') });
  for (const { path, mode } of fileAccess) {
    if (!isAbsolute(path)) throw new UserError(`The path ${path} of “fileAccess” must be absolute.`);
    mounts.push({ at: guestPath(path), tree: open(path, mode === 'write', 'fileAccess') });
  }
  return mounts.filter(({ at }, i) => at !== '/' || i === 0);
}
