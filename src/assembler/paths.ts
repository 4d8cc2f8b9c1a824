/** Whether a path is that of an assembly source, by its ending. */
export function isAssembly(path: string): boolean {
  return /\.(s|asm)$/i.test(path);
}
