import { endsInString, jsonSpans, jsonView, rawOffset } from "./json-text.ts";
import type { Judge } from "./judge.ts";
import { type Cover, coversOf } from "./mask.ts";
import { LOOK_BEHIND, type Scanner } from "./scanner.ts";

/** A piece of a stream: one text of one `owner`. */
export class Piece<T> {
  readonly owner: T;
  readonly text: string;
  /** Characters of `text` that are settled: released or masked. */
  settled = 0;
  /** What of it may go out, once it differs from the settled part of `text`. */
  #other: string | undefined;

  constructor(owner: T, text: string) {
    this.owner = owner;
    this.text = text;
  }

  get done(): boolean {
    return this.settled === this.text.length;
  }
  /** Whether all of it goes out as it came. */
  get untouched(): boolean {
    return this.#other === undefined;
  }
  get out(): string {
    return this.#other ?? this.text.slice(0, this.settled);
  }

  /** Settles the next `count` characters as they are. */
  keep(count: number): void {
    if (this.#other !== undefined) this.#other += this.text.slice(this.settled, this.settled + count);
    this.settled += count;
  }
  /** Settles the next `count` characters with `instead` in their place. */
  replace(count: number, instead: string): void {
    this.#other = this.out + instead;
    this.settled += count;
  }
  /** What is out until now is gone; the rest goes out on its own. */
  cut(): void {
    this.#other = "";
  }
}

/**
 * One text that comes in pieces. What `settle` lets out, joined, is the masked whole text, however it was cut; what
 * could still turn into a part of a match waits. Memory is bounded by what the detectors hold.
 */
export class Stream<T> {
  readonly #scanner: Scanner;
  readonly #judge: Judge;
  /** Tool-call arguments: scanned as what the JSON says, masked so that it stays JSON. */
  readonly #json: boolean;
  /** Decoded characters before `#held`, at least LOOK_BEHIND of them where there are so many. */
  #gone = "";
  /** Raw characters not settled yet, and whether any detector stirred at them. */
  #held = "";
  #stirred = false;
  /** Decoded characters at the start of `#held` that are masked already: their placeholder is out. */
  #carried = 0;
  #inString = false;
  readonly #pieces: Piece<T>[] = [];

  constructor(scanner: Scanner, judge: Judge, json: boolean) {
    this.#scanner = scanner;
    this.#judge = judge;
    this.#json = json;
  }

  /** True when `text` may go out at once as it is: the way of nearly all text, so the cheapest. */
  passes(text: string): boolean {
    if (this.#json || this.#held !== "" || this.#scanner.stirs(text)) return false;
    if (this.#scanner.holdFrom(text, this.#judge.failed) !== text.length) return false;
    this.#forget(text);
    return true;
  }

  /** Adds a piece; then those pieces, first to last, that are settled whole. `settled` may also grow on the next. */
  push(piece: Piece<T>): Piece<T>[] {
    this.#pieces.push(piece);
    this.#held += piece.text;
    this.#stirred ||= this.#json || this.#scanner.stirs(piece.text);
    return this.#settle(false);
  }

  /** No more text will come. */
  end(): Piece<T>[] {
    const done = this.#held === "" && this.#pieces.length === 0 ? [] : this.#settle(true);
    this.#inString = false;
    return done;
  }

  #settle(last: boolean): Piece<T>[] {
    if (!this.#stirred && this.#carried === 0) {
      const hold = last ? this.#held.length : this.#scanner.holdFrom(this.#held, this.#judge.failed);
      return this.#release(hold, [], this.#held.slice(0, hold));
    }
    const view = this.#json ? jsonView(this.#held) : { text: this.#held };
    const before = this.#gone.slice(-LOOK_BEHIND);
    const window = before + view.text;
    const base = before.length;
    const failed = this.#judge.failed;
    const hold = last ? view.text.length : Math.max(0, this.#scanner.holdFrom(window, failed) - base);
    const hits = [];
    if (this.#scanner.stirs(view.text)) {
      for (const hit of this.#scanner.scan(window, failed)) {
        if (hit.start >= base && (last || hit.start < base + hold))
          hits.push({ ...hit, start: hit.start - base, end: hit.end - base });
      }
    }
    let covers = coversOf(hits, this.#judge, this.#carried);
    this.#carried = Math.max(0, (covers.at(-1)?.end ?? 0) - hold);
    const settled = last ? this.#held.length : rawOffset(view, hold);
    if (this.#json) {
      covers = jsonSpans(this.#held, view, covers, this.#inString, before);
      this.#inString = endsInString(this.#held.slice(0, settled), this.#inString);
    }
    return this.#release(settled, covers, view.text.slice(0, hold));
  }

  /** Settles `count` raw characters, `covers` on, which stand for the characters `decoded`. */
  #release(count: number, covers: readonly Cover[], decoded: string): Piece<T>[] {
    this.#forget(decoded);
    const done: Piece<T>[] = [];
    let at = 0;
    let next = 0;
    for (let piece = this.#pieces[0]; piece !== undefined && (at < count || piece.done); piece = this.#pieces[0]) {
      const end = Math.min(count, at + piece.text.length - piece.settled);
      for (let i = at; i < end; ) {
        const cover = covers[next];
        const start = cover === undefined ? end : Math.min(end, cover.start);
        if (cover === undefined || start > i) {
          piece.keep(start - i);
          i = start;
          continue;
        }
        const to = Math.min(end, cover.end);
        piece.replace(to - i, cover.start === i ? cover.text : "");
        i = to;
        if (cover.end <= end) next++;
      }
      at = end;
      if (!piece.done) break;
      done.push(piece);
      this.#pieces.shift();
    }
    this.#held = this.#held.slice(count);
    if (this.#stirred && !this.#json) this.#stirred = this.#held !== "" && this.#scanner.stirs(this.#held);
    return done;
  }

  #forget(decoded: string): void {
    this.#gone = decoded.length >= LOOK_BEHIND ? decoded.slice(-LOOK_BEHIND) : this.#gone + decoded;
    if (this.#gone.length > 8 * LOOK_BEHIND) this.#gone = this.#gone.slice(-LOOK_BEHIND);
  }
}
