import { type BriefInput, InksealError, type Plan, parseBrief } from "@inkseal/core";
import { describe, expect, it } from "vitest";
import type { VerseJob } from "./job.ts";
import { verseJob } from "./job-of.ts";

const job = (text: string, own?: Record<string, unknown>, more: Partial<BriefInput> = {}): VerseJob =>
  verseJob(
    {
      brief: parseBrief({ task: "completion", text, ...(own && { controls: { own } }), ...more }),
      model: "inkseal-verse",
    } as Plan,
    7,
  );
const error = (text: string, own?: Record<string, unknown>): InksealError => {
  try {
    job(text, own);
  } catch (e) {
    if (InksealError.is(e)) return e;
  }
  throw new Error("no error");
};

describe("what Verse is asked for in words", () => {
  it.each<[string, Partial<VerseJob>]>([
    ["秋夜", { form: "七言绝句", topic: "秋夜", traditional: false }],
    ["写一首七言绝句，藏头「春江花月」", { form: "七言绝句", acrostic: [..."春江花月"] }],
    ["请写一首关于秋天的五言律诗", { form: "五言律诗", topic: "秋天" }],
    ["以《山居》为题作一首五绝，押东韵", { form: "五言绝句", topic: "山居", rhyme: "东" }],
    ["填一首浣溪沙，写春雨", { form: "词", tune: "浣溪沙" }],
    ["水调歌头·中秋", { form: "词", tune: "水调歌头", topic: "中秋" }],
    ["对下联：春风大雅能容物", { form: "对联", upper: "春风大雅能容物" }],
    ["上联：海内存知己，对下联", { form: "对联", upper: "海内存知己" }],
    ["写一首包含「明月」和「故乡」的绝句", { form: "七言绝句", words: ["明月", "故乡"] }],
    ["续写「床前明月光」", { form: "五言绝句", start: "床前明月光" }],
    ["寫一首七律，詠梅", { form: "七言律诗", topic: "梅", traditional: true }],
    ["写一首绝句，平起，首句不入韵，用新韵", { opening: "平起", firstLineRhymes: false, book: "中华新韵" }],
    ["a five-character quatrain about the autumn moon", { form: "五言绝句", topic: "秋月" }],
    ["上联：烟锁池塘柳", { form: "对联", upper: "烟锁池塘柳" }],
    ["上联：风声雨声读书声声声入耳", { upper: "风声雨声读书声声声入耳" }],
    ["上联：爆竹声中，一元复始", { upper: "爆竹声中，一元复始", traditional: false }],
    ["写一首《春晓》", { form: "七言绝句", topic: "春晓" }],
    ["写一首诗", { form: "七言绝句", topic: "" }],
    ["帮我写一首关于母亲的诗", { topic: "母亲" }],
    ["以「春风」为题写一首七律", { form: "七言律诗", topic: "春风", start: undefined }],
    ["以「春风又绿江南岸」开头写一首七绝", { start: "春风又绿江南岸" }],
    ["写一首《如梦令》", { form: "词", tune: "如梦令", topic: "" }],
    ["写一首宋词", { form: "词", tune: "浣溪沙" }],
    ["Write a poem about my cat", { form: "七言绝句", topic: "猫" }],
    ["Write a couplet", { form: "对联", upper: undefined }],
    ['a jueju, acrostic "春夏秋冬"', { acrostic: [..."春夏秋冬"] }],
  ])("%s", (text, expected) => {
    expect(job(text)).toMatchObject(expected);
  });

  it("own controls go before the words", () => {
    expect(job("写一首七言绝句", { form: "五律", theme: "明月 故人", acrostic: "天地" })).toMatchObject({
      form: "五言律诗",
      words: ["明月", "故人"],
      acrostic: ["天", "地"],
    });
  });

  it.each([
    "写一篇关于春天的散文",
    "给我写一篇关于环保的现代文",
    "写一首现代诗",
    "Write a haiku",
    "你好，你是谁？",
    "What is the capital of France?",
    "把这段话翻译成英文",
    "write a function that sorts",
  ])("says what it can do when asked for another thing: %s", (text) => {
    const { code, message } = error(text);
    expect(code).toBe("cannot-do");
    expect(message).toMatch(/绝句.*llama/);
  });

  it("names the control at fault", () => {
    expect(error("秋", { tune: "无此词牌" })).toMatchObject({ code: "cannot-do", details: { param: "controls.own.tune" } });
    expect(error("秋", { form: "十四行" })).toMatchObject({ code: "bad-request", details: { param: "controls.own.form" } });
    expect(error("秋", { theme: ["这是一个很长的句子啊"] })).toMatchObject({ details: { param: "controls.own.theme" } });
    expect(error("秋", { metre: 1 }).message).toMatch(/form, tune/);
  });
});
