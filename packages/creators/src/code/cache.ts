/** Between files, and where one was taken out: no token. */
const gap = -1;

/** The tokens that followed a context elsewhere, and how much of the context was the same there. */
export interface Follower {
  readonly token: number;
  /** Tokens before it that are the same, at least `least`, at most `most` of the cache. */
  readonly matched: number;
}

export interface CacheOptions {
  /** A context must agree in so many tokens to count. */
  readonly least?: number;
  /** No more than so many tokens of agreement are told apart. */
  readonly most?: number;
  /** Places of one context that are looked at, the newest first: code repeats what was written near it. */
  readonly recall?: number;
}

/**
 * What was written in a project, by contexts: an n-gram cache (Tu et al. 2014) whose files come, change and go (Hellendoorn & Devanbu 2017).
 * All files lie on one tape of tokens; an index says where each pair of tokens was followed by another, and longer contexts are compared on the
 * tape itself. So a token costs some 10 bytes whatever the order is, and a file's change costs as much as the file.
 */
export class NgramCache {
  readonly least: number;
  readonly most: number;
  readonly #recall: number;
  #tape = new Int32Array(1024).fill(gap);
  #end = 1;
  #dead = 0;
  #places = new Map<number, number[]>();
  readonly #files = new Map<string, { readonly start: number; readonly end: number }>();

  constructor({ least = 2, most = 10, recall = 256 }: CacheOptions = {}) {
    this.least = least;
    this.most = most;
    this.#recall = recall;
  }

  /** Tokens of all files. */
  get size(): number {
    return this.#end - 1 - this.#files.size - this.#dead;
  }
  has(name: string): boolean {
    return this.#files.has(name);
  }

  /** Adds a file, or puts it in the place of the one with its name, as the newest. */
  put(name: string, tokens: ArrayLike<number>): void {
    this.remove(name);
    const start = this.#end;
    const end = start + tokens.length;
    if (end + 1 > this.#tape.length) {
      const longer = new Int32Array(Math.max(end + 1, this.#tape.length * 2));
      longer.set(this.#tape);
      this.#tape = longer;
    }
    this.#tape.set(tokens, start);
    this.#tape[end] = gap;
    this.#end = end + 1;
    this.#files.set(name, { start, end });
    this.#index(start, end);
  }

  /** Forgets a file; nothing happens when there is none of that name. */
  remove(name: string): void {
    const file = this.#files.get(name);
    if (file === undefined) return;
    this.#files.delete(name);
    this.#tape.fill(gap, file.start, file.end);
    this.#dead += file.end - file.start + 1;
    if (this.#dead > this.#end / 2) this.#pack();
  }

  /** What followed the longest ends of `context`, newest first. */
  followers(context: ArrayLike<number>): Follower[] {
    const n = context.length;
    if (n < this.least) return [];
    const places = this.#places.get(this.#key(context, n));
    if (places === undefined) return [];
    const tape = this.#tape;
    const found: Follower[] = [];
    for (let i = places.length - 1; i >= 0 && found.length < this.#recall; i--) {
      const place = places[i]!;
      const token = tape[place]!;
      if (token === gap) continue;
      let matched = this.least;
      while (matched < this.most && matched < n && tape[place - 1 - matched] === context[n - 1 - matched]) matched++;
      found.push({ token, matched });
    }
    return found;
  }

  /** The last `least` (at most 2) tokens before `end` as one number. */
  #key(tokens: ArrayLike<number>, end: number): number {
    return this.least === 1 ? tokens[end - 1]! : tokens[end - 2]! * 2 ** 24 + tokens[end - 1]!;
  }

  #index(start: number, end: number): void {
    for (let place = start + this.least; place < end; place++) {
      const key = this.#key(this.#tape, place);
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, [place]);
      else places.push(place);
    }
  }

  /** Writes the tape anew without what was taken out, files in their order. */
  #pack(): void {
    const old = this.#tape;
    this.#tape = new Int32Array(Math.max(1024, (this.#end - this.#dead) * 2)).fill(gap);
    this.#places = new Map();
    this.#end = 1;
    this.#dead = 0;
    for (const [name, { start, end }] of [...this.#files]) {
      this.#files.delete(name);
      this.put(name, old.subarray(start, end));
    }
  }
}
