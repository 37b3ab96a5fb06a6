import { InksealError } from "@inkseal/core";
import { complement, type Expression, lastCodePoint, type Range } from "./expression.ts";
import { Language } from "./language.ts";
import { Network } from "./network.ts";

/** Groups within each other, and how often one thing may be said to repeat. */
const deepest = 200;
const mostRepeats = 10_000;

/**
 * The automaton of a regular expression in JavaScript's notation with the flag `u`, over the UTF-8 bytes of whole texts: `^` and `$`
 * may stand at the ends and say nothing, lazy is as greedy. Throws `bad-request` where JavaScript does or it is too large, and
 * `cannot-do` for what is not regular or not known here: references back, looking around, `\b`, flags, `^` and `$` within.
 * @example accepts(regex("\\d{4}-\\d\\d"), "2026-11") // true
 */
export const regex = (pattern: string): Language => new Language(new Network(new Map([["regex", parseRegex(pattern)]])));

/** A regular expression's tree. Throws as `regex` does. */
export function parseRegex(pattern: string): Expression {
  try {
    new RegExp(pattern, "u");
  } catch (cause) {
    throw new InksealError("bad-request", "the regular expression cannot be read", { param: "regex", cause });
  }
  return new Parser([...pattern]).whole();
}

const range = (first: string, last: string): Range => [first.codePointAt(0)!, last.codePointAt(0)!];
const digits = [range("0", "9")];
const wordly = [range("0", "9"), range("A", "Z"), range("_", "_"), range("a", "z")];
const blanks: readonly Range[] = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const lineEnds: readonly Range[] = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
const classes: Readonly<Record<string, readonly Range[]>> = {
  d: digits,
  D: complement(digits),
  w: wordly,
  W: complement(wordly),
  s: blanks,
  S: complement(blanks),
};
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 };
const properties = new Map<string, readonly Range[]>();

/** JavaScript has already read the pattern without complaint, so only what is not known here is looked for. */
class Parser {
  readonly #all: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(all: readonly string[]) {
    this.#all = all;
  }

  whole(): Expression {
    return this.#alternatives();
  }

  #alternatives(): Expression {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    if (this.#depth === 0) this.#take("^");
    for (let next = this.#all[this.#at]; next !== undefined && next !== "|" && next !== ")"; next = this.#all[this.#at]) {
      if (next === "$" && this.#depth === 0 && [undefined, "|"].includes(this.#all[this.#at + 1])) this.#at++;
      else parts.push(this.#repeated());
    }
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #repeated(): Expression {
    const part = this.#item();
    const mark = this.#all[this.#at];
    let [least, most] = [1, 1];
    if (mark === "*" || mark === "+" || mark === "?") {
      this.#at++;
      [least, most] = [mark === "+" ? 1 : 0, mark === "?" ? 1 : Number.POSITIVE_INFINITY];
    } else if (mark === "{") {
      const end = this.#all.indexOf("}", this.#at);
      const [low = "", high] = this.#all
        .slice(this.#at + 1, end)
        .join("")
        .split(",");
      least = Number(low);
      most = high === undefined ? least : high === "" ? Number.POSITIVE_INFINITY : Number(high);
      if (least > mostRepeats || (most !== Number.POSITIVE_INFINITY && most > mostRepeats))
        throw new InksealError("bad-request", `the regular expression repeats over ${mostRepeats} times`, { param: "regex" });
      this.#at = end + 1;
    } else return part;
    this.#take("?"); // lazy
    return { kind: "repeat", part, least, most };
  }

  #item(): Expression {
    const c = this.#all[this.#at++]!;
    if (c === "(") return this.#group();
    if (c === "[") return { kind: "set", ranges: this.#class() };
    if (c === ".") return { kind: "set", ranges: complement(lineEnds) };
    if (c === "^" || c === "$") throw unknown(`${c} within`);
    if (c === "\\") return { kind: "set", ranges: this.#escape(false) };
    return { kind: "set", ranges: [range(c, c)] };
  }

  #group(): Expression {
    if (this.#take("?") && !this.#take(":")) {
      if (!this.#take("<") || ["=", "!"].includes(this.#all[this.#at]!)) throw unknown("looking around and flags of groups");
      this.#at = this.#all.indexOf(">", this.#at) + 1; // a name
    }
    if (++this.#depth > deepest)
      throw new InksealError("bad-request", `the regular expression's groups are nested over ${deepest} deep`, {
        param: "regex",
      });
    const inner = this.#alternatives();
    this.#depth--;
    this.#at++;
    return inner;
  }

  #class(): readonly Range[] {
    const negated = this.#take("^");
    const ranges: Range[] = [];
    while (!this.#take("]")) {
      const low = this.#member();
      if (this.#all[this.#at] === "-" && this.#all[this.#at + 1] !== "]") {
        this.#at++;
        ranges.push([low[0]![0], this.#member()[0]![0]]);
      } else ranges.push(...low);
    }
    return negated ? complement(ranges) : ranges;
  }

  #member(): readonly Range[] {
    const c = this.#all[this.#at++]!;
    return c === "\\" ? this.#escape(true) : [range(c, c)];
  }

  #escape(inClass: boolean): readonly Range[] {
    const c = this.#all[this.#at++]!;
    if (classes[c] !== undefined) return classes[c];
    if (c === "p" || c === "P") return this.#property(c);
    if (inClass && c === "b") return [[8, 8]];
    if (/[1-9kbB]/.test(c)) throw unknown(`\\${c}`);
    if (controls[c] !== undefined) return [[controls[c], controls[c]]];
    const code = c === "c" ? this.#all[this.#at++]!.codePointAt(0)! % 32 : this.#codePoint(c);
    return [[code, code]];
  }

  #codePoint(c: string): number {
    if (c === "x") return this.#hex(2);
    if (c !== "u") return c.codePointAt(0)!;
    if (this.#take("{")) {
      const end = this.#all.indexOf("}", this.#at);
      const code = this.#hex(end - this.#at);
      this.#at++;
      return code;
    }
    const high = this.#hex(4);
    const low = /^\\u[dD][c-fC-F]..$/.test(this.#all.slice(this.#at, this.#at + 6).join(""));
    if (high < 0xd800 || high > 0xdbff || !low) return high;
    this.#at += 2;
    return 0x10000 + ((high - 0xd800) << 10) + (this.#hex(4) - 0xdc00);
  }

  #hex(length: number): number {
    const text = this.#all.slice(this.#at, this.#at + length).join("");
    this.#at += length;
    return Number.parseInt(text, 16);
  }

  /** The characters of a Unicode property, asked of JavaScript one by one and remembered. */
  #property(c: string): readonly Range[] {
    const end = this.#all.indexOf("}", this.#at) + 1;
    const name = `\\${c}${this.#all.slice(this.#at, end).join("")}`;
    this.#at = end;
    let ranges = properties.get(name);
    if (ranges === undefined) {
      const one = new RegExp(`^${name}$`, "u");
      const found: [number, number][] = [];
      for (let code = 0; code <= lastCodePoint; code++) {
        if (!one.test(String.fromCodePoint(code))) continue;
        const last = found.at(-1);
        if (last?.[1] === code - 1) last[1] = code;
        else found.push([code, code]);
      }
      ranges = found;
      properties.set(name, ranges);
    }
    return ranges;
  }

  #take(c: string): boolean {
    if (this.#all[this.#at] !== c) return false;
    this.#at++;
    return true;
  }
}

const unknown = (what: string): InksealError =>
  new InksealError("cannot-do", `a regular expression with ${what} is no automaton here`, { param: "regex" });
