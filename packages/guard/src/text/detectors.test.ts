import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noisyText, plantedText } from "../../test/planted.ts";
import { personalData } from "./index.ts";

const texts = fc.oneof(plantedText, noisyText);

describe.each(personalData.map((d) => [d.name, d] as const))("%s", (_name, detector) => {
  test("what begins before holdFrom never changes, whatever follows", () => {
    fc.assert(
      fc.property(texts, texts, (head, tail) => {
        const hold = detector.holdFrom(head);
        expect(hold).toBeGreaterThanOrEqual(0);
        expect(hold).toBeLessThanOrEqual(head.length);
        const settled = (text: string) => detector.scan(text).filter((m) => m.start < hold);
        expect(settled(head + tail)).toEqual(settled(head));
      }),
      { numRuns: 3000 },
    );
  });

  test("matches depend on no more than 32 characters before them", () => {
    fc.assert(
      fc.property(texts, texts, (before, text) => {
        const from = before.length;
        const shifted = detector
          .scan(before.slice(-32) + text)
          .map((m) => ({ ...m, start: m.start + from - Math.min(32, from), end: m.end + from - Math.min(32, from) }));
        const after = (list: readonly { start: number }[]) => list.filter((m) => m.start >= from);
        expect(after(shifted)).toEqual(after(detector.scan(before + text)));
      }),
      { numRuns: 2000 },
    );
  });

  test("needs: a text without it has no match", () => {
    fc.assert(
      fc.property(texts, (text) => {
        if (detector.needs?.test(text) === false) expect(detector.scan(text)).toEqual([]);
      }),
    );
  });

  test("holds a bounded tail of any run", () => {
    for (const run of ["a", "1", "1 ", "1.", "a.", "a@", "1@a.", "fe80:", "（", "+", "中", "@中", "AB 12 ", "-"]) {
      const text = run.repeat(5000);
      expect(text.length - detector.holdFrom(text), run).toBeLessThanOrEqual(400);
      const at = `x@${text}`;
      expect(at.length - detector.holdFrom(at), `x@${run}`).toBeLessThanOrEqual(400);
    }
  });

  test("looks at adversarial text a bounded number of times a character", () => {
    for (const run of [
      "a",
      "1",
      "1 ",
      "1-1 ",
      "1.1.",
      "a@",
      "a@a.",
      "@",
      "+1",
      "(1",
      "fe80::",
      "1:",
      "AB12",
      "a.b@c.d-",
      "a@中",
      "4111 ",
    ]) {
      const looks = (n: number): number => {
        const text = new CountedText(run.repeat(n));
        detector.scan(text as unknown as string);
        return text.looks;
      };
      const [one, two, four] = [looks(500), looks(1000), looks(2000)];
      expect(two, run).toBeLessThanOrEqual(one * 2.2 + 2000);
      expect(four, run).toBeLessThanOrEqual(two * 2.2 + 2000);
      expect(four / (run.length * 2000), run).toBeLessThanOrEqual(700);
    }
  });

  test("holds nothing of Chinese prose and of ends that close", () => {
    for (const text of ["今天天气很好", "今天天气很好。", "hello world ", "hello, ", "done!\n", "他说：“好”"])
      expect(detector.holdFrom(text), text).toBe(text.length);
  });
});

test("an address that begins after a colon is not settled before it ends", () => {
  const ip = personalData.find((d) => d.name === "ip");
  expect(ip?.holdFrom("::ffff:203.0.113.9")).toBe(7);
});

/** Counts how often characters are looked at one by one. */
class CountedText {
  looks = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  get length(): number {
    return this.#text.length;
  }
  charCodeAt(i: number): number {
    this.looks++;
    return this.#text.charCodeAt(i);
  }
  indexOf(what: string, from: number): number {
    return this.#text.indexOf(what, from);
  }
  includes(what: string): boolean {
    return this.#text.includes(what);
  }
  startsWith(what: string, at: number): boolean {
    this.looks += what.length;
    return this.#text.startsWith(what, at);
  }
  slice(from: number, to: number): string {
    this.looks += to - from;
    return this.#text.slice(from, to);
  }
  matchAll(re: RegExp) {
    return this.#text.matchAll(re);
  }
  toString(): string {
    return this.#text;
  }
}
