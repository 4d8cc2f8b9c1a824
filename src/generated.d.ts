/** Virtual modules made by esbuild.js. */
declare module 'generated:interpreter' {
  /** WebAssembly binaries by name: `fast` (page tags) and `slow` (every access through the host), and what `skylake` CPUs have besides. */
  export const interpreterModules: Record<'fast' | 'slow' | 'fastSkylake' | 'slowSkylake', Uint8Array>;
  /** Handler key → index in the dispatch of both modules. */
  export const interpreterHandlers: Record<string, number>;
}
declare module 'generated:kernel-sources' {
  /** Path below src/kernel → text, shown to the user while a kernel handler is being stepped. */
  export const kernelSources: Record<string, string>;
}
declare module 'generated:expression-parser' {
  /** The parser that peggy makes of src/debugger/expressions/grammar.peggy. @throws ExpressionSyntaxError */
  export function parse(
    text: string,
    options: { isType?: (name: string) => boolean },
  ): import('./debugger/expressions/ast.ts').Node;
  export class ExpressionSyntaxError extends Error {
    expected: { type: string; description?: string }[] | null;
    location: { start: { offset: number } };
  }
}
/** The project's root folder, defined by the test build. */
declare const PROJECT_ROOT: string;
