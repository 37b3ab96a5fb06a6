import { InksealError } from "@inkseal/core";
import { type Decoder, logProbability, Sampler, type Sequence, seededRandom } from "@inkseal/lab";
import { breathe } from "../breathe.ts";
import { barTicks } from "../score/tune.ts";
import { drawForm, Echoes, type Forms } from "./form.ts";
import { type TunePlan, TuneRules } from "./rules.ts";
import { tuneTokens } from "./vocabulary.ts";

/** What sings: the model, and how strains repeat themselves; without that only the model decides. */
export interface TuneModel {
  readonly decoder: Decoder;
  readonly forms?: Forms;
}
export interface SingOptions {
  readonly plan: TunePlan;
  /** Genre, metre, mode, density, upbeat. */
  readonly header: readonly number[];
  /** Tokens that the tune begins with, from its first part token on; none for a free one. */
  readonly opening?: readonly number[];
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}
/** What a tune looks like so far: its tokens after the header, and bars that are finished. */
export interface Sung {
  readonly tokens: readonly number[];
  readonly bars: number;
  /** Mean log probability of the tokens that were chosen, nats. */
  readonly logprob: number;
}

/** Makes a tune under its rules, handing out what there is after each bar; the last has all of it. Throws `cancelled`, and `bad-request` for an opening that does not fit. */
export async function* sing({ decoder, forms }: TuneModel, o: SingOptions): AsyncGenerator<Sung, void, void> {
  const rules = new TuneRules(o.plan);
  const random = seededRandom(o.seed);
  const echoes = new Echoes(forms === undefined ? [] : drawForm(forms, o.plan.parts, random), barTicks(o.plan.metre));
  const tokens: number[] = [];
  try {
    for (const id of o.opening ?? []) {
      rules.accept(id);
      echoes.accept(id);
      tokens.push(id);
    }
  } catch (cause) {
    throw new InksealError("bad-request", `the opening does not fit: ${(cause as Error).message}`, {
      param: "controls.own.motif",
      cause,
    });
  }
  const sampler = new Sampler({ temperature: o.temperature, topP: o.topP }, { random });
  const music = new Window(decoder, o.header);
  let logits = music.feed(tokens);
  let sum = 0;
  let chosen = 0;
  try {
    for (let bars = rules.barsDone; !rules.over; ) {
      const mask = rules.allowed();
      const raw = logits.slice();
      echoes.bend(logits);
      let choices = 0;
      let only = 0;
      for (let id = 0; id < logits.length; id++)
        if (mask[id] === 0) logits[id] = Number.NEGATIVE_INFINITY;
        else {
          choices++;
          only = id;
        }
      const id = choices === 1 ? only : sampler.sample(logits, { tokens, position: tokens.length });
      if (choices > 1) {
        sum += logProbability(raw, id);
        chosen++;
      }
      rules.accept(id);
      echoes.accept(id);
      tokens.push(id);
      if (rules.over) break;
      logits = music.feed([id]);
      if (rules.barsDone > bars) {
        bars = rules.barsDone;
        await breathe(o.signal);
        yield { tokens: [...tokens], bars, logprob: sum / Math.max(1, chosen) };
      }
    }
  } finally {
    music.close();
  }
  yield { tokens, bars: rules.barsDone, logprob: sum / Math.max(1, chosen) };
}

/** A sequence that forgets its middle where the model's context ends: the header stays, then goes on from the last bars. */
class Window {
  readonly #decoder: Decoder;
  readonly #header: readonly number[];
  #sequence: Sequence;
  #tokens: number[] = [];
  #fed = false;
  constructor(decoder: Decoder, header: readonly number[]) {
    this.#decoder = decoder;
    this.#header = header;
    this.#sequence = decoder.open();
  }
  /** Logits after the tokens. */
  feed(tokens: readonly number[]): Float32Array {
    this.#tokens.push(...tokens);
    const held = this.#fed ? this.#sequence.length : 0;
    let next = this.#fed ? tokens : [...this.#header, ...this.#tokens];
    if (held + next.length > this.#decoder.context) {
      const room = Math.floor(this.#decoder.context * 0.6) - this.#header.length;
      const from = this.#tokens.findIndex((id, i) => i >= this.#tokens.length - room && tuneTokens[id]!.kind === "bar");
      this.#tokens = this.#tokens.slice(from < 0 ? -room : from);
      next = [...this.#header, ...this.#tokens];
      this.#sequence.close();
      this.#sequence = this.#decoder.open();
    }
    this.#fed = true;
    return this.#decoder.feed([{ sequence: this.#sequence, tokens: next }])[0]![0]!;
  }
  close(): void {
    this.#sequence.close();
  }
}
