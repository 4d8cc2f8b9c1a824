import type { HostFunction } from '../context.ts';
import { X87_ARITHMETIC } from './arithmetic.ts';
import { X87_COMPARE } from './compare.ts';
import {
  fdecstp,
  ffree,
  ffreep,
  fincstp,
  fldcw,
  fnclex,
  fninit,
  fnstcw,
  fnstsw,
  fwait,
  withoutEffect,
} from './control.ts';
import { X87_DATA } from './data.ts';
import { fldenv, fnsave, fnstenv, frstor } from './environment.ts';

/** All x87 instructions by `Insn.op`. */
export const X87_FUNCTIONS: Readonly<Record<string, HostFunction>> = {
  ...X87_ARITHMETIC,
  ...X87_COMPARE,
  ...X87_DATA,
  fninit,
  fnstcw,
  fldcw,
  fnstsw,
  fnclex,
  wait: fwait,
  fnop: fwait,
  fneni: withoutEffect,
  fndisi: withoutEffect,
  fnsetpm: withoutEffect,
  fincstp,
  fdecstp,
  ffree,
  ffreep,
  fnstenv,
  fldenv,
  fnsave,
  frstor,
};
