/** Registers of an outer frame under the CPU's names: its own values as far as they were saved, not what the CPU holds now. */
import type { Vcpu } from '../machine/api.ts';
import { UserError } from './errors.ts';
import type { FrameRegisters } from './frame-registers.ts';
import { GPR64, generalPlace, type Place, registerPlace } from './registers.ts';

/** What functions compute with. The rest (segments, control words, bounds) is looked at as the thread has it. */
const OF_FRAMES = /^(rflags|eflags|xmm|ymm|st)\d*$/;

const notSaved = (name: string) =>
  new UserError(`${name} of this frame was not saved: the functions that it called may have changed it.`);

function refused(place: Place): Place {
  const refuse = () => {
    throw notSaved(place.name);
  };
  return { ...place, read: refuse, write: refuse };
}

/** As `registerPlace`, in an outer frame. What was not saved gives a UserError when it is read. */
export function outerRegisterPlace(cpu: Vcpu, frame: FrameRegisters, name: string, member?: string): Place | undefined {
  const general = {
    gpr: (index: number) => {
      const value = frame.own(frame.numbers.ofGpr[index]);
      if (value === undefined) throw notSaved(GPR64[index]);
      return value;
    },
    setGpr: (index: number, value: bigint) => {
      if (
        frame.own(frame.numbers.ofGpr[index]) === undefined ||
        !frame.writeRegister(frame.numbers.ofGpr[index], value)
      )
        throw new UserError(`${GPR64[index]} of this frame is nowhere that it could be changed.`);
    },
  };
  const place = (member === undefined ? generalPlace(general, name) : undefined) ?? registerPlace(cpu, name, member);
  if (!place) return undefined;
  if (name === 'rip' || name === 'eip' || name === 'pc')
    return {
      ...place,
      read: () => frame.own(frame.numbers.pc) ?? 0n,
      write: () => {
        throw new UserError('Only the innermost frame can go on elsewhere: choose it to change rip.');
      },
    };
  return OF_FRAMES.test(name) ? refused(place) : place;
}
