/** What a kernel calls itself. */
import type { KernelVersion } from './api.ts';

const RELEASES: Readonly<Record<KernelVersion, string>> = {
  'v4.1': '4.1.0',
  'v4.19': '4.19.191',
  'v5.5': '5.5.0',
  ideal: '5.5.0',
};

/** The release string of uname. */
export const release = (version: KernelVersion): string => RELEASES[version];
