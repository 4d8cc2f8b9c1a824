/** The address space of a 32-bit program. */
import type { KernelProfile } from '../world.ts';

/** A 64-bit kernel leaves a 32-bit program all of its 4 GiB but two pages; a 32-bit kernel keeps the upper quarter for itself. */
const IA32_TASK_SIZE = 0xffff_e000n;
const I386_TASK_SIZE = 0xc000_0000n;

/** First address that 32-bit user space cannot have. */
export const taskSize32 = ({ bits }: KernelProfile): bigint => (bits === 32 ? I386_TASK_SIZE : IA32_TASK_SIZE);
