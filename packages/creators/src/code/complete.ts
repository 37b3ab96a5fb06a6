import type { Decoder, Sequence } from "@inkseal/lab";
import type { TokenDraw } from "../creator.ts";
import { NgramCache } from "./cache.ts";
import { mixIn, softmax, type Trust } from "./mixture.ts";
import { promptOf, readable, window } from "./prompt.ts";
import type { CodeTokens } from "./tokens.ts";

export interface Wish {
  readonly prefix: string;
  readonly suffix: string;
  /** 0: always the likeliest. */
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly random: () => number;
  /** Draws in place of chance, where the temperature is above 0. */
  readonly drawn?: TokenDraw | undefined;
}

/** Found on packages of the held-out part that the reported figures leave out. */
export const trust: { readonly project: Trust; readonly here: Trust } = {
  project: { short: 8, long: 1, from: 4 },
  here: { short: 4, long: 0.6, from: 4 },
};

/** Generates code from the model and from what was written in the project and in the file itself. */
export class Completion {
  readonly #decoder: Decoder;
  readonly #tokens: CodeTokens;
  readonly #project: NgramCache | undefined;
  #sequence: Sequence | undefined;
  /** What the sequence has read. */
  #read: number[] = [];
  /** Tokens of the last prompt. */
  read = 0;

  /** Without `project` the model speaks alone, without the file's own cache too: what a measurement compares with. */
  constructor(decoder: Decoder, tokens: CodeTokens, project: NgramCache | undefined) {
    this.#decoder = decoder;
    this.#tokens = tokens;
    this.#project = project;
  }

  /** Bytes (a character a byte) of one token after the other; ends at the model's end of a gap or after `maxTokens`. The caller stops earlier. */
  *generate({ prefix, suffix, maxTokens, ...how }: Wish): Generator<string, "end" | "length"> {
    const tokens = this.#tokens;
    const project = this.#project;
    const prompt = promptOf(tokens, prefix, suffix);
    const here = new NgramCache();
    here.put("after", prompt.after);
    here.put("before", prompt.before);
    const written = [...prompt.before];
    let ids = readable(prompt, written);
    this.read = ids.length;
    let { rest } = prompt;
    for (let made = 0; made < maxTokens; ) {
      const p = softmax(this.#logits(ids));
      p[tokens.suffix] = 0;
      p[tokens.text] = 0;
      if (project !== undefined) {
        mixIn(p, project.followers(written), project.least, project.most, trust.project);
        mixIn(p, here.followers(written), here.least, here.most, trust.here);
      }
      if (rest !== "") keepTo(p, tokens.spelling, rest);
      const token = how.temperature === 0 ? likeliest(p) : draw(p, how, written.length - prompt.before.length);
      if (token === tokens.end) return "end";
      written.push(token);
      ids.push(token);
      if (ids.length >= window) ids = readable(prompt, written);
      const bytes = tokens.spelling[token]!;
      if (bytes.length <= rest.length) {
        rest = rest.slice(bytes.length);
        continue;
      }
      made++;
      yield bytes.slice(rest.length);
      rest = "";
    }
    return "length";
  }

  close(): void {
    this.#sequence?.close();
    this.#sequence = undefined;
    this.#read = [];
  }

  /** Logits after `ids`; what was read before is not read again. */
  #logits(ids: readonly number[]): Float32Array {
    this.#sequence ??= this.#decoder.open();
    let same = 0;
    while (same < this.#read.length && same < ids.length - 1 && this.#read[same] === ids[same]) same++;
    if (same < this.#sequence.length) this.#sequence.truncate(same);
    const [[logits]] = this.#decoder.feed([{ sequence: this.#sequence, tokens: ids.slice(same) }]) as [[Float32Array]];
    this.#read.length = same;
    this.#read.push(...ids.slice(same));
    return logits;
  }
}

/** Only tokens that spell the beginning of `rest`, or it and more. */
function keepTo(p: Float32Array, spelling: readonly string[], rest: string): void {
  for (let token = 0; token < p.length; token++) {
    const bytes = spelling[token]!;
    if (bytes === "" || !(bytes.startsWith(rest) || rest.startsWith(bytes))) p[token] = 0;
  }
}

function likeliest(p: Float32Array): number {
  let best = 0;
  for (let token = 1; token < p.length; token++) if (p[token]! > p[best]!) best = token;
  return best;
}

/** Nucleus sampling from probabilities. */
function draw(p: Float32Array, how: Pick<Wish, "temperature" | "topP" | "random" | "drawn">, position: number): number {
  const { temperature, topP, random, drawn } = how;
  const heated = Array.from(p, (x, token) => ({ token, weight: x <= 0 ? 0 : x ** (1 / temperature) })).filter(
    (c) => c.weight > 0,
  );
  heated.sort((a, b) => b.weight - a.weight || a.token - b.token);
  const total = heated.reduce((sum, c) => sum + c.weight, 0);
  let kept = 0;
  let mass = 0;
  while (kept < heated.length && (kept === 0 || mass < topP * total)) mass += heated[kept++]!.weight;
  const tokens = heated.slice(0, kept).map((c) => c.token);
  const probabilities = heated.slice(0, kept).map((c) => c.weight / mass);
  if (drawn !== undefined) return tokens[drawn(probabilities, tokens, random, { position })]!;
  let left = random();
  for (let i = 0; i < probabilities.length; i++) if ((left -= probabilities[i]!) < 0) return tokens[i]!;
  return tokens[0]!;
}
