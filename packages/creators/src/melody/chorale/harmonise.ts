import { type Decoder, logProbability, Sampler, type Sequence, seededRandom } from "@inkseal/lab";
import { breathe } from "../breathe.ts";
import { allowedPitches, order, parallels } from "./rules.ts";
import {
  aheadToken,
  type ChoraleMode,
  firstAheads,
  highestAhead,
  lookahead,
  lowestAhead,
  pitchToken,
  token,
  tokenAhead,
  tokenPitch,
  tokensPerFrame,
  type VoiceFrame,
  voicesHeader,
} from "./vocabulary.ts";

export interface HarmonyOptions {
  readonly mode: ChoraleMode;
  /** Semitones from C to the piece's key. */
  readonly shift: number;
  /** For each frame, whether it is on a beat. */
  readonly beats: readonly boolean[];
  /** The soprano in C, a pitch for each frame; none makes one. */
  readonly soprano?: readonly number[];
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number;
  /** How many are made side by side, of which the best is kept. */
  readonly candidates: number;
  readonly signal: AbortSignal;
}
export interface Harmony {
  readonly frames: readonly VoiceFrame[];
  readonly logprob: number;
}

/** Frames of the last chord of a free chorale: a half note; under a given melody, a beat. */
const endingOf = ({ soprano }: HarmonyOptions): number => (soprano === undefined ? 4 : 2);
/** Subtracted from the logit of a pitch for each parallel that it makes. */
const parallelCost = 5;

/** Harmonises, telling how many frames are done; the last value is the likeliest of the candidates. Throws `cancelled`. */
export async function* harmonise(decoder: Decoder, o: HarmonyOptions): AsyncGenerator<number | Harmony, void, void> {
  const singers = Array.from({ length: Math.max(1, o.candidates) }, (_, i) => new Singer(decoder, o, o.seed + i));
  try {
    while (!singers[0]!.done) {
      // all singers are at the same place of a frame, so one pass feeds them all
      const work = singers.map((singer) => ({ sequence: singer.sequence(), tokens: singer.take() }));
      const rows = decoder.feed(work);
      singers.forEach((singer, i) => {
        singer.choose(rows[i]![0]!);
      });
      if (singers[0]!.frameBegins) {
        await breathe(o.signal);
        yield singers[0]!.made.length;
      }
    }
  } finally {
    for (const singer of singers) singer.close();
  }
  const best = singers.reduce((a, b) => (b.score > a.score ? b : a));
  yield { frames: best.made, logprob: best.score };
}

/** One candidate: what is chosen, and the tokens that wait to be fed. */
class Singer {
  readonly #decoder: Decoder;
  readonly #o: HarmonyOptions;
  readonly #sampler: Sampler;
  readonly #aheads: (number | undefined)[] = [];
  readonly made: VoiceFrame[] = [];
  #history: number[] = [];
  #sequence: Sequence | undefined;
  #waiting: number[];
  #chosen: (number | undefined)[] = [];
  #next: "ahead" | 3 | 2 | 1 = "ahead";
  score = 0;

  constructor(decoder: Decoder, o: HarmonyOptions, seed: number) {
    this.#decoder = decoder;
    this.#o = o;
    this.#sampler = new Sampler({ temperature: o.temperature, topP: o.topP }, { random: seededRandom(seed) });
    this.#waiting = [...voicesHeader(o.mode)];
    if (o.soprano === undefined) return;
    for (let i = 0; i < lookahead; i++) this.#aheads.push(o.soprano[i]);
    this.#waiting.push(...firstAheads(o.soprano));
    this.#begin();
  }
  get done(): boolean {
    return this.made.length >= this.#o.beats.length;
  }
  get frameBegins(): boolean {
    return this.#next === "ahead" || this.#o.soprano !== undefined;
  }
  sequence(): Sequence {
    this.#sequence ??= this.#decoder.open();
    if (this.#sequence.length + this.#waiting.length > this.#decoder.context) this.#forget();
    return this.#sequence;
  }
  take(): number[] {
    const tokens = this.#waiting;
    this.#waiting = [];
    for (const id of tokens) this.#history.push(id);
    return tokens;
  }
  close(): void {
    this.#sequence?.close();
  }
  /** The header, the soprano told ahead and the last frames go on in a new sequence. */
  #forget(): void {
    this.#sequence!.close();
    this.#sequence = this.#decoder.open();
    const whole = [...this.#history, ...this.#waiting];
    const into = (whole.length - 2 - lookahead) % tokensPerFrame; // tokens of the frame that is being made
    const frames = Math.floor((this.#decoder.context * 0.6 - 2 - lookahead) / tokensPerFrame);
    const from = whole.length - into - frames * tokensPerFrame;
    const first = this.made.length - frames;
    this.#waiting = [
      ...voicesHeader(this.#o.mode),
      ...Array.from({ length: lookahead }, (_, i) => aheadToken(this.#aheads[first + i])),
      ...whole.slice(from),
    ];
    this.#history = [];
  }
  /** A frame's tokens up to the first that is chosen. */
  #begin(): void {
    if (this.done) return;
    const at = this.made.length;
    this.#waiting.push(this.#o.beats[at] ? token.on : token.off);
    if (this.#o.soprano === undefined) {
      this.#next = "ahead";
      return;
    }
    const ahead = this.#o.soprano[at + lookahead];
    this.#aheads.push(ahead);
    this.#waiting.push(aheadToken(ahead));
    this.#voiceBegins();
  }
  #voiceBegins(): void {
    const soprano = this.#aheads[this.made.length]!;
    this.#chosen = [soprano];
    this.#waiting.push(pitchToken(soprano));
    this.#next = 3;
  }
  choose(logits: Float32Array): void {
    if (this.#next === "ahead") this.#chooseAhead(logits);
    else this.#chooseVoice(this.#next, logits);
  }
  #chooseAhead(logits: Float32Array): void {
    const at = this.#aheads.length;
    let id: number = token.noneAhead;
    if (at < this.#o.beats.length) {
      const ending = this.#o.beats.length - endingOf(this.#o);
      const last = at >= ending;
      const open = new Set(
        allowedPitches(0, [], this.#o.shift, last)
          .map((i) => tokenPitch(i)!)
          .filter((p) => p >= lowestAhead && p <= highestAhead)
          .map(aheadToken),
      );
      const held = at > ending ? this.#aheads.at(-1) : undefined;
      id =
        held === undefined ? this.#draw(logits, (token) => (open.has(token) ? 0 : Number.NEGATIVE_INFINITY)) : aheadToken(held);
    }
    this.#aheads.push(tokenAhead(id));
    this.#waiting.push(id);
    // the first eight are told before the first frame
    if (at >= lookahead) this.#voiceBegins();
    else if (at === lookahead - 1) this.#begin();
  }
  #chooseVoice(voice: 3 | 2 | 1, logits: Float32Array): void {
    const at = this.made.length;
    const ending = this.#o.beats.length - endingOf(this.#o);
    const last = at >= ending;
    const before = this.made.at(-1);
    const open = new Set(allowedPitches(voice, this.#chosen, this.#o.shift, last && voice === 3));
    const held = at > ending && before?.[0] === this.#chosen[0] ? before?.[voice] : undefined;
    const id =
      held !== undefined
        ? pitchToken(held)
        : this.#draw(logits, (token) =>
            open.has(token)
              ? -parallelCost * parallels(before, this.#chosen, voice, tokenPitch(token)!)
              : Number.NEGATIVE_INFINITY,
          );
    this.#chosen[voice] = tokenPitch(id);
    this.#waiting.push(id);
    const next = order[order.indexOf(voice) + 1];
    if (next !== undefined) {
      this.#next = next as 2 | 1;
      return;
    }
    const [S, A, T, B] = this.#chosen;
    this.made.push([S, A, T, B]);
    this.#begin();
  }
  #draw(logits: Float32Array, bias: (token: number) => number): number {
    const raw = logits.slice();
    for (let id = 0; id < logits.length; id++) logits[id]! += bias(id);
    const id = this.#sampler.sample(logits, { tokens: this.#history, position: this.#history.length });
    this.score += logProbability(raw, id) + Math.min(0, bias(id));
    return id;
  }
}
