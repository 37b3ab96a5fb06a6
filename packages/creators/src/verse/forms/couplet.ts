import { InksealError } from "@inkseal/core";
import { level, oblique, type RhymeBook } from "../books/rhyme-book.ts";
import type { Answer } from "../piece.ts";
import type { Form, FormLine } from "./form.ts";
import { regulated } from "./regulated.ts";

const either = level | oblique;

/** A couplet of one's own: the first two lines of a poem whose first line does not rhyme, without 平平仄平仄, which opposes nothing. */
export function couplet(characters: 5 | 7): Form {
  const { metres } = regulated({ characters, lines: 4, firstLineRhymes: false });
  return {
    name: "对联",
    metres: metres.map((metre) => ({
      ...metre,
      lines: metre.lines
        .slice(0, 2)
        .map(({ tones, mark }): FormLine => ({ tones: tones.filter((way) => !way.endsWith("平平仄平仄")), mark })),
    })) as unknown as Form["metres"],
  };
}

/**
 * The line that answers `upper`: as long in all its parts, with the other tone at each second place and at the end of each part, its last
 * word level where that of the first is oblique (and the other way round), repeating where the first repeats, and nothing of the first again.
 * Throws `bad-request` for a line that has no end in either tone.
 */
export function answerTo(upper: string, book: RhymeBook): { form: Form; answer: Answer } {
  const parts = upper
    .split(/[^\p{Script=Han}]+/u)
    .map((part) => [...part])
    .filter((part) => part.length > 0);
  const all = parts.flat();
  if (all.length === 0 || all.length > 40)
    throw new InksealError("bad-request", `a line to answer has 1 to 40 characters, not ${all.length}`, {
      param: "controls.own.upper",
    });
  const firstAt = all.map((c) => all.indexOf(c));
  const toneOf = (c: string): number => book.tones(c) || either;
  // a character that comes again has one answer, which all its places must allow
  const wishes = all.map(() => either);
  let place = 0;
  for (const [p, part] of parts.entries())
    for (const [i, c] of part.entries()) {
      const ends = i === part.length - 1;
      const tones = toneOf(c);
      const opposite = tones === level ? oblique : tones === oblique ? level : either;
      if (i % 2 === 1 || ends)
        wishes[firstAt[place]!]! &= p === parts.length - 1 && ends && opposite === either ? level : opposite;
      place++;
    }
  if (wishes.includes(0))
    throw new InksealError("bad-request", "one character of this line would need an answer that is level and oblique at once", {
      param: "controls.own.upper",
    });
  place = 0;
  const lines = parts.map((part, p): FormLine => {
    const tones = part.map(() => {
      const bits = wishes[firstAt[place++]!]!;
      return bits === level ? "平" : bits === oblique ? "仄" : "中";
    });
    return { tones: [tones.join("")], mark: p === parts.length - 1 ? "。" : "，" };
  });
  return {
    form: { name: "对联", metres: [{ name: "对联", lines }] },
    answer: { echo: firstAt.map((first, i) => (first === i ? undefined : first)), avoid: new Set(all) },
  };
}
