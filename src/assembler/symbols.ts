/** The symbols of one source file, by name and by number. */
import { AsmSymbol } from './model.ts';

/** The symbols by name, and numbered labels: `1:` may be set many times, `1f` and `1b` are the next and the last. */
export class SymbolTable {
  private readonly named = new Map<string, AsmSymbol>();
  private readonly last = new Map<bigint, AsmSymbol>();
  private readonly next = new Map<bigint, AsmSymbol>();

  /** The symbol of that name, made if there is none. */
  get(name: string): AsmSymbol {
    let symbol = this.named.get(name);
    if (!symbol) {
      symbol = new AsmSymbol(name);
      this.named.set(name, symbol);
    }
    return symbol;
  }

  find(name: string): AsmSymbol | undefined {
    return this.named.get(name);
  }

  /** A new symbol takes the name: an equate that is set again. What used the old one goes on to mean it. */
  replace(name: string): AsmSymbol {
    const old = this.named.get(name);
    const symbol = new AsmSymbol(name);
    if (old) {
      symbol.binding = old.binding;
      symbol.type = old.type;
    }
    this.named.set(name, symbol);
    return symbol;
  }

  /** The symbol for `N:` here. */
  defineLocal(number: bigint): AsmSymbol {
    const symbol = this.next.get(number) ?? new AsmSymbol('');
    this.next.delete(number);
    this.last.set(number, symbol);
    return symbol;
  }

  /** `Nb`; undefined if there is none yet. */
  backward(number: bigint): AsmSymbol | undefined {
    return this.last.get(number);
  }

  /** `Nf`. */
  forward(number: bigint): AsmSymbol {
    let symbol = this.next.get(number);
    if (!symbol) {
      symbol = new AsmSymbol('');
      this.next.set(number, symbol);
    }
    return symbol;
  }

  /** Numbered labels that were asked for but never came. */
  pending(): [bigint, AsmSymbol][] {
    return [...this.next];
  }

  all(): Iterable<AsmSymbol> {
    return this.named.values();
  }
}
