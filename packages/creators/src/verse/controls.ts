import { z } from "zod";
import { bookChoices, formNames } from "./job.ts";

const short = {
  五绝: "五言绝句",
  七绝: "七言绝句",
  五律: "五言律诗",
  七律: "七言律诗",
  绝句: "七言绝句",
  律诗: "七言律诗",
  ci: "词",
  couplet: "对联",
} as const;
const formChoices = [...formNames, ...(Object.keys(short) as (keyof typeof short)[])] as const;
export const fullForm = (form: (typeof formChoices)[number]): (typeof formNames)[number] =>
  form in short ? short[form as keyof typeof short] : (form as (typeof formNames)[number]);

const words = z.union([z.string(), z.array(z.string())]);

/** What Verse alone can be told; each is hard unless it says otherwise. */
export const VerseControls = z
  .strictObject({
    form: z
      .enum(formChoices)
      .describe("Form: quatrain (绝句) or regulated verse (律诗) of 5 or 7 characters, 词, or couplet (对联) · 体裁"),
    tune: z.string().describe("词牌, for example 浣溪沙: makes it a 词 · 词牌名"),
    book: z.enum(bookChoices).describe("Rhyme book for tones and rhymes: 平水韵 (classical) or 中华新韵 (modern) · 韵书"),
    rhyme: z
      .string()
      .min(1)
      .max(4)
      .describe("Rhyme group by name (东, 一东, 第一部) or by any character in it · 韵部，或韵部中任一字"),
    opening: z.enum(["平起", "仄起"]).describe("Tone of the first line's second character · 平起或仄起"),
    firstLineRhymes: z.boolean().describe("Whether the first line rhymes · 首句是否入韵"),
    acrostic: words.describe("Characters that the lines begin with, in order · 藏头"),
    theme: words.describe("Words that must occur, at most 6 · 必须出现的词"),
    start: z.string().max(200).describe("How the poem begins; it is continued · 开头，由诗续写"),
    upper: z.string().max(60).describe("A line to be answered with its couplet's other line · 上联，由下联作答"),
    about: z.string().max(200).describe("What it is about (soft) · 题目或主题"),
    era: z.enum(["唐", "宋"]).describe("Whose manner it takes (soft) · 唐风或宋风"),
    script: z.enum(["simplified", "traditional"]).describe("Script of the output · 简体或繁体"),
    candidates: z
      .int()
      .min(1)
      .max(16)
      .describe(
        "Ways that are tried for each sentence; the likeliest stays. More is better and slower; 6, of couplets 16 · 每句的候选数",
      ),
  })
  .partial();
export type VerseControls = z.infer<typeof VerseControls>;

/** A list of words, or one string with them between marks. */
export const wordList = (given: string | readonly string[] | undefined): string[] =>
  (typeof given === "string" ? given.split(/[\s,，、;；|]+/) : [...(given ?? [])]).map((w) => w.trim()).filter((w) => w !== "");
