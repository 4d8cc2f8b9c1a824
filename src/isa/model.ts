/** CPU models: which instruction-set extensions there are. */
export const CPU_MODELS = ['x86-64-v2', 'skylake'] as const;
export type CpuModel = (typeof CPU_MODELS)[number];

/** What `skylake` has beyond the default model, by the decoder library's names of CPUID features. */
const SKYLAKE: ReadonlySet<string> = new Set([
  'AVX',
  'AVX2',
  'BMI1',
  'BMI2',
  'FMA',
  'F16C',
  'MOVBE',
  'LZCNT',
  'ADX',
  'FSGSBASE',
]);

/** Whether `model` has instructions that belong to CPUID feature `feature` (and to no other that it lacks). */
export function hasFeature(model: CpuModel, feature: string): boolean {
  return model === 'skylake' || !SKYLAKE.has(feature);
}
