/** Source lines of kernel functions: the label of a step stands in the source right where the step is. */
import { kernelSources } from 'generated:kernel-sources';

export interface KernelLocation {
  /** Path below src/kernel. */
  file: string;
  /** 1-based. */
  line: number;
}

/** Finds the place of `label`, or of the definition of `functionName` before its first step. */
export function kernelLocation(label: string, functionName: string): KernelLocation | undefined {
  if (label) {
    const found = locate(`'${label}'`);
    if (found) return found;
  }
  return locate(`kernelFunction('${functionName}'`) ?? locate(`'${functionName}',`);
}

function locate(needle: string): KernelLocation | undefined {
  for (const [file, text] of Object.entries(kernelSources)) {
    const at = text.indexOf(needle);
    if (at >= 0) return { file, line: text.slice(0, at).split('\n').length };
  }
  return undefined;
}

/** The text of a kernel source file. */
export function kernelSource(file: string): string | undefined {
  return Object.hasOwn(kernelSources, file) ? kernelSources[file] : undefined;
}
