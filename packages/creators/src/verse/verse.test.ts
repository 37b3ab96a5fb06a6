import { InksealError } from "@inkseal/core";
import { CharTokenizer, gptDecoder, initialGpt, seededRandom } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pingshui } from "./books/tables.gen.ts";
import { compose } from "./compose.ts";
import { echoesOf, patternOf, tuneNames } from "./forms/tune.ts";
import { bookChoices, formNames, type VerseJob } from "./job.ts";
import { type Asked, faults } from "./judge.ts";
import { lexiconsOf, planPiece } from "./plan-piece.ts";
import { punctuation, structureTokens, unknownToken } from "./tokens.ts";

// the form must hold whatever the weights are, so they are random ones here
const characters = [...new Set(pingshui.replace(/^.\S+ /gm, "").replace(/\s/g, ""))].filter((_, i) => i % 3 === 0);
const tokenizer = new CharTokenizer([...structureTokens, ...punctuation, ...characters], unknownToken);
const config = {
  kind: "gpt",
  vocab: tokenizer.vocab,
  context: 192,
  layers: 1,
  width: 16,
  heads: 2,
  ropeTheta: 10_000,
  normEps: 1e-5,
  tied: true,
  dropout: 0,
} as const;
const backend = cpuBackend({ threads: 1 });
const lexicons = lexiconsOf(tokenizer);
let decoder: ReturnType<typeof gptDecoder>;
beforeAll(() => {
  decoder = gptDecoder(backend, config, initialGpt(config, seededRandom(7)));
});
afterAll(() => {
  decoder.close();
  backend.close();
});

const plain: VerseJob = {
  form: "七言绝句",
  book: "平水韵",
  words: [],
  topic: "",
  era: "唐",
  traditional: false,
  seed: 1,
  n: 1,
  temperature: 1,
  topP: 1,
  candidates: 2,
};
const make = (job: Partial<VerseJob>): string => {
  const whole = { ...plain, ...job };
  return [...compose(decoder, planPiece(whole, lexicons), whole)].flat().join("");
};
const asked = (job: Partial<VerseJob>): Asked => {
  const { form, book, opening, firstLineRhymes, rhyme, acrostic, words, start, upper, tune } = { ...plain, ...job };
  return {
    form,
    book,
    opening,
    firstLineRhymes,
    rhyme,
    heads: acrostic,
    words,
    start,
    upper,
    ...(tune !== undefined && { pattern: patternOf(tune), echoes: echoesOf(tune) }),
  };
};
const regulatedForms = formNames.filter((form) => /[句律]/.test(form));

describe("verse obeys whatever the model thinks", () => {
  it("绝句 and 律诗 with any controls", () => {
    const heads = "春江花月夜山水风云雨雪天地人心";
    const words = ["明月", "春风", "故人", "江南", "白云", "千里", "黄昏"];
    fc.assert(
      fc.property(
        fc.record({
          form: fc.constantFrom(...regulatedForms),
          book: fc.constantFrom(...bookChoices),
          opening: fc.constantFrom(undefined, "平起" as const, "仄起" as const),
          firstLineRhymes: fc.constantFrom(undefined, true, false),
          acrostic: fc.option(fc.array(fc.constantFrom(...heads), { minLength: 4, maxLength: 4 }), { nil: undefined }),
          words: fc.uniqueArray(fc.constantFrom(...words), { maxLength: 2 }),
          seed: fc.nat(),
        }),
        (job) => {
          expect(faults(make(job), asked(job))).toEqual([]);
        },
      ),
      { numRuns: 40, seed: 11 },
    );
  });

  it("词 by their 词牌", () => {
    for (const [i, tune] of tuneNames.filter((_, i) => i % 9 === 0).entries()) {
      const job = { form: "词", tune, seed: i, candidates: 1, words: i % 3 === 0 ? ["明月"] : [] } as const;
      expect([tune, ...faults(make(job), asked(job))]).toEqual([tune]);
    }
  });

  it("says again what a tune says again, also beside words that must occur", () => {
    const text = make({ form: "词", tune: "如梦令", words: ["明月", "春风"] }).replace(/[，。]/g, "");
    expect(text.slice(25, 27)).toBe(text.slice(23, 25));
    for (const tune of ["忆秦娥", "如梦令"]) {
      const job = { form: "词", tune, words: ["明月", "故人", "千里"], seed: 3 } as const;
      expect(faults(make(job), asked(job))).toEqual([]);
    }
  });

  it("a rhyme that is named, by its name or a character of it", () => {
    for (const rhyme of ["东", "七阳", "天", "侵"]) expect(faults(make({ rhyme }), asked({ rhyme }))).toEqual([]);
    const modern = { book: "中华新韵", form: "五言律诗" } as const;
    const text = make({ ...modern, rhyme: "十三支" });
    expect(faults(text, asked({ ...modern, rhyme: "支" }))).toEqual([]);
    expect(faults(text, asked({ ...modern, rhyme: "一麻" }))).toContain("the rhymes are not of one group");
  });

  it("goes on from a beginning, also from one that breaks the metre", () => {
    for (const start of ["床前明月光", "春眠不觉晓，处处闻啼鸟", "白日依"]) {
      const text = make({ form: "五言绝句", start });
      expect(text.replace(/[，。]/g, "").startsWith(start.replace("，", ""))).toBe(true);
      expect(faults(text, asked({ form: "五言绝句", start }))).toEqual([]);
    }
  });

  it("answers lines of any length, repeating where they repeat", () => {
    for (const upper of ["海内存知己", "烟锁池塘柳", "风声雨声读书声声声入耳", "山重水复疑无路", "爆竹声中，一元复始", "月"]) {
      const text = make({ form: "对联", upper });
      expect(faults(text, asked({ form: "对联", upper }))).toEqual([]);
    }
    for (let seed = 0; seed < 5; seed++) expect(faults(make({ form: "对联", seed }), asked({ form: "对联" }))).toEqual([]);
  });

  it("takes words whose characters the model has never seen", () => {
    const strange = ["鼋", "鼍"].find((c) => !characters.includes(c))!;
    const job = { acrostic: [strange], words: [] };
    expect(make(job).startsWith(strange)).toBe(true);
  });

  it("is the same for the same seed", () => {
    expect(make({ seed: 5 })).toBe(make({ seed: 5 }));
    expect(make({ seed: 5 })).not.toBe(make({ seed: 6 }));
  });

  it("says so when wishes exclude one another", () => {
    expect(() => make({ form: "五言绝句", words: ["平平平平平"] })).toThrow(InksealError);
    expect(() => make({ acrostic: ["一", "二", "三", "四", "五"] })).toThrow(/5 characters/);
    expect(() => make({ rhyme: "鑫" })).toThrow(/no such rhyme/);
  });
});
