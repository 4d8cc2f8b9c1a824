/**
 * The one WebAssembly function that owns the table of regions: it calls one, and the one that follows, until there is something for the driver. Regions
 * neither import the table (V8 copies it for each module that does) nor call each other (the stack would grow with every jump).
 */
import { pushUnsigned } from '../../isa/emit/bytes.ts';
import { ModuleEncoder, type Signature } from '../../isa/emit/module.ts';
import { Op } from '../../isa/emit/opcodes.ts';
import { Shared, State } from '../../isa/emit/state.ts';
import { Statements } from '../../isa/emit/statements.ts';
import type { I32 } from '../../isa/emit/value.ts';
import type { LinearMemory } from '../memory/linear.ts';
import { EntryField, INDIRECT, LineField, SiteField } from './links.ts';

/** (block, budget) → site */
export const REGION: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };

export interface Trampoline {
  /** Runs from an entry's record with a budget, which that entry must allow; gives the site at which the last region was left. */
  run(entry: number, budget: number): number;
  /** The regions' functions. */
  readonly table: WebAssembly.Table;
}

const TABLE_SIZE = 64;
const ENTRY = 0;
const BUDGET = 1;
const PARAMETERS = 2;

class TrampolineEmit extends Statements {
  constructor(private readonly type: number) {
    super(PARAMETERS);
  }

  protected helperIndex(): number {
    throw new Error('the trampoline has no helpers');
  }
  private parameter(index: number): I32 {
    return this.localValue('i32', index);
  }
  private leave(site: I32): void {
    this.put(site);
    this.code.push(Op.return);
    this.terminated = true;
  }
  private callRegion(): I32 {
    const entry = this.parameter(ENTRY);
    const slot = this.let(this.load('i32', 4, entry, EntryField.SLOT));
    this.rawStore(1, slot, Shared.REGIONS_USED, this.i32(1));
    this.put(this.load('i32', 4, entry, EntryField.BLOCK));
    this.put(this.parameter(BUDGET));
    this.put(slot);
    const site = this.temporary('i32');
    this.code.push(Op.callIndirect);
    pushUnsigned(this.code, this.type);
    this.code.push(0, Op.localSet);
    pushUnsigned(this.code, site);
    return this.localValue('i32', site);
  }
  /** The entry that an indirect branch goes to by the cache, or 0. */
  private lookUp(): I32 {
    const rip = this.let(this.load('i64', 8, this.i32(State.RIP)));
    const number = this.and(this.wrap(rip), this.i32(Shared.REGION_CACHE_ENTRIES - 1));
    const line = this.let(this.add(this.shl(number, this.i32(4)), this.i32(Shared.REGION_CACHE)));
    const known = this.cmp('eq', this.load('i64', 8, line, LineField.ADDRESS), rip);
    return this.let(this.select(known, this.load('i32', 4, line, LineField.ENTRY), this.i32(0)));
  }

  run(): Uint8Array {
    this.code.push(Op.loop, Op.void);
    const site = this.callRegion();
    const flags = this.let(this.load('i32', 4, site, SiteField.FLAGS));
    this.if(this.cmp('geS', flags, this.i32(0)), () => this.rawStore(4, this.i32(State.FLAG_KIND), 0, flags));
    this.setLocal(ENTRY, this.load('i32', 4, site, SiteField.NEXT));
    const passes = this.let(this.sub(this.load('i32', 4, site, SiteField.PASSES), this.i32(1)));
    this.if(this.cmp('geS', passes, this.i32(-1)), () => {
      this.if(this.cmp('ltS', passes, this.i32(0)), () => this.leave(site));
      this.rawStore(4, site, SiteField.PASSES, passes);
    });
    const entry = this.parameter(ENTRY);
    this.if(this.cmp('eq', entry, this.i32(INDIRECT)), () => this.setLocal(ENTRY, this.lookUp()));
    this.if(this.eqz(entry), () => this.leave(site));
    this.setLocal(BUDGET, this.load('i32', 4, this.i32(Shared.BUDGET)));
    this.if(this.cmp('ltS', this.parameter(BUDGET), this.load('i32', 4, entry, EntryField.NEED)), () =>
      this.leave(site),
    );
    const wanted = this.let(this.load('i32', 4, entry, EntryField.FLAGS));
    this.if(this.cmp('geS', wanted, this.i32(0)), () => {
      this.if(this.cmp('ne', wanted, this.load('i32', 4, this.i32(State.FLAG_KIND))), () => this.leave(site));
    });
    this.code.push(Op.br, 0, Op.end, Op.unreachable);
    return this.body();
  }
}

/** The trampoline's module; the same for every machine. */
export function trampolineModule(): Uint8Array {
  const module = new ModuleEncoder();
  const emit = new TrampolineEmit(module.type(REGION));
  module.export('run', module.add(REGION, emit.run()));
  module.setTable([], TABLE_SIZE);
  return module.encode();
}

export function newTrampoline(linear: LinearMemory): Trampoline {
  const module = new WebAssembly.Module(trampolineModule() as BufferSource);
  const { run, table } = new WebAssembly.Instance(module, { host: { memory: linear.memory } }).exports;
  // The signatures are those given above.
  return { run: run as Trampoline['run'], table: table as WebAssembly.Table };
}
