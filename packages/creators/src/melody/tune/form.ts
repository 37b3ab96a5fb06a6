/**
 * How a tune answers itself. A model of a few hundred bars of memory writes good bars that seldom come again, while in the tunebooks bar 5 is most often bar 1
 * again. So for each strain a pattern is drawn as often as the books have it: which bars begin as, or are, an earlier one. It bends the model's choice, no rule.
 */
import type { SeededRandom } from "@inkseal/lab";
import { tokenId, tuneTokens } from "./vocabulary.ts";

/** A bar of the strain (0 to 7), or of the first strain (8 to 15), and how much of it comes again; null is new. */
export type Echo = readonly [from: number, share: 0.5 | 1] | null;
type Counted = readonly (readonly [count: number, pattern: readonly Echo[]])[];
/** Patterns of strains of eight bars, and how often each was found. */
export interface Forms {
  readonly first: Counted;
  readonly later: Counted;
}

/** For each bar of a plan the earlier bar of the tune that it echoes, counted from the tune's first. */
export function drawForm(
  forms: Forms,
  parts: readonly number[],
  random: SeededRandom,
): (readonly [bar: number, share: number] | undefined)[] {
  let start = 0;
  return parts.flatMap((bars, p) => {
    const pattern = pick(p === 0 ? forms.first : forms.later, random);
    const begin = start;
    start += bars;
    return Array.from({ length: bars }, (_, b) => {
      const echo = bars >= 8 ? pattern?.[b] : undefined;
      if (!echo) return undefined;
      const from = echo[0] < 8 ? begin + echo[0] : echo[0] - 8;
      return from < begin + b ? ([from, echo[1]] as const) : undefined;
    });
  });
}
function pick(table: Counted, random: SeededRandom): readonly Echo[] | undefined {
  let left = random() * table.reduce((sum, [n]) => sum + n, 0);
  return table.find(([n]) => (left -= n) < 0)?.[1];
}

/** Nats by which the echoed token is favoured. */
const favour = 5;

/** Follows a tune as it is made, and leans towards what each bar echoes. */
export class Echoes {
  readonly #form: readonly (readonly [bar: number, share: number] | undefined)[];
  readonly #whole: number;
  readonly #bars: { ticks: number; id: number }[][] = [];
  #duration = 0;
  #chosen = false;
  #straying = false;

  constructor(form: readonly (readonly [bar: number, share: number] | undefined)[], whole: number) {
    this.#form = form;
    this.#whole = whole;
  }
  accept(id: number): void {
    const { kind, value } = tuneTokens[id]!;
    const bar = this.#bars.at(-1);
    if (kind === "bar") {
      this.#bars.push([]);
      this.#straying = false;
    } else if (kind === "duration") {
      this.#duration = value;
      this.#chosen = true;
    } else if (kind === "pitch" || kind === "rest" || kind === "held") {
      this.#chosen = false;
      bar?.push({ ticks: this.#duration, id });
      const wanted = this.#wanted(bar?.length ?? 1);
      if (wanted && (wanted.ticks !== this.#duration || wanted.id !== id)) this.#straying = true;
    }
  }
  /** The sound of the echoed bar that stands where sound `count` of this one does, counted from 1. */
  #wanted(count: number): { ticks: number; id: number } | undefined {
    const echo = this.#form[this.#bars.length - 1];
    const other = echo && this.#bars[echo[0]];
    if (other === undefined) return undefined;
    const at = other.slice(0, count - 1).reduce((sum, { ticks }) => sum + ticks, 0);
    return at < this.#whole * echo![1] ? other[count - 1] : undefined;
  }
  bend(logits: Float32Array): void {
    if (this.#straying || this.#bars.length === 0) return;
    const wanted = this.#wanted(this.#bars.at(-1)!.length + 1);
    if (wanted === undefined) return;
    if (this.#duration !== wanted.ticks && !this.#chosen) logits[tokenId("duration", wanted.ticks)]! += favour;
    else logits[wanted.id]! += favour;
  }
}
