/**
 * What every tune obeys, by construction: an automaton over the tokens says at each step which may follow. Bars are as many as planned and each is full
 * (with upbeats: each strain's last bar leaves room for its upbeat), triplets are whole, pitches are in reach and, if wished, of the key alone, and the
 * last note is the tonic and no short one.
 */
import { type Key, signatureAlter } from "../score/key.ts";
import { midiOf, mod } from "../score/pitch.ts";
import { barTicks, type Metre } from "../score/tune.ts";
import { absolute } from "./encode.ts";
import { durations, maxBarsLeft, maxPartsLeft, tokenId, tuneTokens, tuneVocab } from "./vocabulary.ts";

export interface TunePlan {
  readonly key: Key;
  readonly metre: Metre;
  /** The step that tokens count from. */
  readonly tonic: number;
  /** Bars of each part. */
  readonly parts: readonly number[];
  readonly upbeat: boolean;
  /** MIDI numbers, inclusive. */
  readonly range: readonly [low: number, high: number];
  /** Whether pitches off the signature are allowed. */
  readonly accidentals: boolean;
}

const triplets: readonly number[] = [8, 16, 32];
/** The last note lasts a dotted eighth at least. */
const firm = 36;

export class TuneRules {
  readonly plan: TunePlan;
  readonly #whole: number;
  readonly #mask = new Uint8Array(tuneVocab);
  /** Pitch tokens in reach (and in the key), and those of them that are the tonic. */
  readonly #pitches: readonly number[];
  readonly #tonics: readonly number[];
  #part = -1;
  /** Bar of the part; -1 is its upbeat. */
  #bar = -1;
  #at = 0;
  #upbeat = 0;
  #duration = 0;
  #chosen = false; // a duration was just chosen: a sound follows
  #triplet = 0; // sounds left of a triplet
  #last: number | undefined; // the last pitch's token
  #over = false;

  constructor(plan: TunePlan) {
    this.plan = plan;
    this.#whole = barTicks(plan.metre);
    this.#pitches = tuneTokens.flatMap(({ kind, value, alter }, id) => {
      if (kind !== "pitch") return [];
      if (!plan.accidentals && alter !== 0) return [];
      const pitch = absolute(plan.key, plan.tonic, { value, alter: alter! });
      const midi = midiOf(pitch);
      return Math.abs(pitch.alter) <= 1 && midi >= plan.range[0] && midi <= plan.range[1] ? [id] : [];
    });
    this.#tonics = this.#pitches.filter((id) => tuneTokens[id]!.alter === 0 && mod(tuneTokens[id]!.value, 7) === 0);
  }
  /** Whether the key's tonic, and enough else, is in reach. */
  get singable(): boolean {
    return this.#tonics.length > 0 && this.#pitches.length >= 5;
  }
  get over(): boolean {
    return this.#over;
  }
  /** Bars finished so far, of all. */
  get barsDone(): number {
    const before = this.plan.parts.slice(0, Math.max(0, this.#part)).reduce((a, b) => a + b, 0);
    return before + Math.max(0, this.#bar) + (this.#over ? 1 : 0);
  }
  get place(): { readonly part: number; readonly bar: number; readonly at: number } {
    return { part: this.#part, bar: this.#bar, at: this.#at };
  }

  /** Ticks of the place that is being filled. */
  #length(): number {
    if (this.#bar < 0) return 0; // an upbeat is as long as its maker likes
    return this.#whole - (this.#bar === this.plan.parts[this.#part]! - 1 ? this.#upbeat : 0);
  }
  get #lastBar(): boolean {
    return this.#part === this.plan.parts.length - 1 && this.#bar === this.plan.parts[this.#part]! - 1;
  }

  /** 1 for every token that may come next. */
  allowed(): Uint8Array {
    const mask = this.#mask.fill(0);
    if (this.#over) return mask;
    const next = this.#structure();
    if (next !== undefined) mask[next] = 1;
    // an upbeat may be over at any sixteenth, the first one when there is something of it
    const inUpbeat = this.#part >= 0 && this.#bar < 0;
    if (next !== undefined && !(inUpbeat && this.#upbeatOpen)) return mask;
    const left = inUpbeat ? this.#upbeatRoom : this.#length() - this.#at;
    if (!this.#chosen && this.#triplet === 0)
      for (const d of durations) if (d !== this.#duration && this.#fits(d, left)) mask[tokenId("duration", d)] = 1;
    if (this.#duration > 0 && (this.#triplet > 0 || this.#fits(this.#duration, left))) this.#sounds(mask, left);
    return mask;
  }
  #fits(d: number, left: number): boolean {
    const triplet = triplets.includes(d);
    const after = left - (triplet ? 3 * d : d);
    if (after < 0 || (triplet && this.#at % Math.max(12, (3 * d) / 2) !== 0)) return false;
    // the last note is no passing one
    if (!this.#lastBar || left < firm) return true;
    return after === 0 ? !triplet && d >= firm : after >= firm;
  }
  #sounds(mask: Uint8Array, left: number): void {
    const final = this.#lastBar && left === this.#duration;
    for (const id of final ? this.#tonics : this.#pitches) mask[id] = 1;
    if (this.#lastBar || this.#bar < 0) return;
    mask[tokenId("rest")] = 1;
    if (this.#at === 0 && this.#last !== undefined) mask[tokenId("held")] = 1;
  }
  get #upbeatOpen(): boolean {
    if (!this.plan.upbeat) return false;
    if (this.#triplet > 0 || this.#chosen) return true;
    return this.#part === 0 ? this.#upbeatRoom > 0 : this.#at < this.#upbeat;
  }
  /** Ticks that an upbeat may yet take: under half a bar the first time, then as before. */
  get #upbeatRoom(): number {
    const most = this.#part === 0 ? Math.ceil(this.#whole / 2 / 12) * 12 - 12 : this.#upbeat;
    return most - this.#at;
  }
  /** The token that must come, where one does (an upbeat's end may). */
  #structure(): number | undefined {
    const { parts, upbeat } = this.plan;
    if (this.#part < 0) return tokenId("part", Math.min(maxPartsLeft, parts.length));
    if (this.#chosen || this.#triplet > 0) return undefined;
    const bars = parts[this.#part]!;
    if (this.#bar < 0) {
      if (upbeat && (this.#part === 0 ? this.#at === 0 || this.#at % 12 !== 0 : this.#at < this.#upbeat)) return undefined;
      return tokenId("bar", Math.min(maxBarsLeft, bars));
    }
    if (this.#at < this.#length()) return undefined;
    if (this.#bar < bars - 1) return tokenId("bar", Math.min(maxBarsLeft, bars - this.#bar - 1));
    if (this.#part < parts.length - 1) return tokenId("part", Math.min(maxPartsLeft, parts.length - this.#part - 1));
    return tokenId("end");
  }

  /** Goes on past a token. Throws RangeError for one that may not come here (a given opening that does not fit the plan). */
  accept(id: number): void {
    const { kind, value } = tuneTokens[id]!;
    if (kind === "part") {
      this.#part++;
      this.#bar = -1;
      this.#at = 0;
    } else if (kind === "bar") {
      if (this.#bar < 0 && this.#part === 0) this.#upbeat = this.#at;
      this.#bar++;
      this.#at = 0;
    } else if (kind === "duration") {
      this.#duration = value;
      this.#chosen = true;
    } else if (kind === "end") this.#over = true;
    else this.#sound(kind === "pitch" ? id : undefined);
  }
  #sound(pitch: number | undefined): void {
    if (this.#triplet === 0 && triplets.includes(this.#duration)) this.#triplet = 3;
    if (this.#triplet > 0) this.#triplet--;
    this.#at += this.#duration;
    this.#chosen = false;
    if (pitch !== undefined) this.#last = pitch;
    const room = this.#bar < 0 ? this.#whole : this.#length();
    if (this.#at > room) throw new RangeError(`a bar of ${this.#whole} ticks has ${this.#at}`);
  }
}

/** Strains of eight bars, as most tunes have them; what is left over makes a last one of at least four, or lengthens it. */
export function strains(bars: number): number[] {
  if (bars <= 8) return [bars];
  const parts = Array.from({ length: Math.floor(bars / 8) }, () => 8);
  const rest = bars % 8;
  if (rest >= 4) parts.push(rest);
  else if (rest > 0) parts[parts.length - 1]! += rest;
  return parts;
}

/** Whether a key signature spells each of the seven without double signs. */
export const spellable = (key: Key): boolean =>
  [0, 1, 2, 3, 4, 5, 6].every((letter) => Math.abs(signatureAlter(key, letter)) <= 1);
