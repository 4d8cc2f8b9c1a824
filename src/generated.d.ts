/** Virtual modules made by esbuild.js. */
declare module 'generated:interpreter' {
  /** WebAssembly binaries by name: `fast` (page tags) and `slow` (every access through the host). */
  export const interpreterModules: Record<'fast' | 'slow', Uint8Array>;
  /** Handler key → index in the dispatch of both modules. */
  export const interpreterHandlers: Record<string, number>;
}
declare module 'generated:kernel-sources' {
  /** Path below src/kernel → text, shown to the user while a kernel handler is being stepped. */
  export const kernelSources: Record<string, string>;
}
/** The project's root folder, defined by the test build. */
declare const PROJECT_ROOT: string;
