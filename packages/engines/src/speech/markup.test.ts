import { describe, expect, it } from "vitest";
import { withLexicon } from "./lexicon.ts";
import { parseScript } from "./markup.ts";
import { mnemonicsOf, pinyinOf } from "./phonemes.ts";
import { espeakHint, utterancesOf } from "./script.ts";

const hint = espeakHint((sentence) => (/\p{Script=Han}/u.test(sentence) ? "cmn" : "en-us"));

describe("the text's markup", () => {
  it("finds pauses and hints, and leaves the words to be read", () => {
    const script = parseScript(
      '我在<phoneme alphabet="pinyin" ph="chóng qìng">重庆</phoneme>。<break time="1.5s"/>You say <phoneme ph="təˈmɑːtoʊ">tomato</phoneme>.',
    );
    expect(script.text).toBe("我在重庆。You say tomato.");
    expect(script.hints).toEqual([
      { start: 2, end: 4, alphabet: "pinyin", sound: "chóng qìng" },
      { start: 13, end: 19, alphabet: "ipa", sound: "təˈmɑːtoʊ" },
    ]);
    expect(script.pauses).toEqual([{ at: 5, seconds: 1.5 }]);
  });
  it("unescapes only in a document, and leaves what only looks like markup", () => {
    expect(parseScript('<speak version="1.1"><p>1 &lt; 2 &amp; 3</p><s>so &#x4e2d;</s></speak>').text).toBe(
      "1 < 2 & 3\n\nso 中\n",
    );
    for (const text of ["a < b > c", "I <3 you", "<b>bold</b> &lt;", "<speaker> [[", "x <= y; <sp ", "<breakfast/>"])
      expect(parseScript(text)).toEqual({ text, hints: [], pauses: [] });
  });
  it.each([
    '<phoneme ph="x">never closed',
    "</phoneme>",
    '<phoneme ph="">x</phoneme>',
    "<sub>x</sub>",
    '<phoneme alphabet="sampa" ph="x">y</phoneme>',
    '<break time="2 hours"/>',
    '<sub alias="a"><phoneme ph="b">x</phoneme></sub>',
  ])("refuses %s", (text) => {
    expect(() => parseScript(text)).toThrow(/markup/);
  });
  it("takes time that grows with the text only", () => {
    const text = '<phoneme ph="'.repeat(5000) + "<break ".repeat(5000) + "<sub alias='".repeat(5000);
    expect(parseScript(text).hints).toEqual([]);
  });
});

it("reads pinyin with marks or digits, and IPA as the voice writes it", () => {
  expect(["chóng qìng", "chong2qing4", "nǚ hái", "lv4 se4", "yi2 ge", "LÜ4"].map(pinyinOf)).toEqual([
    "chong2 qing4",
    "chong2 qing4",
    "nv3 hai2",
    "lv4 se4",
    "yi2 ge5",
    "lv4",
  ]);
  expect(["təˈmɑːtoʊ", "dʒɪf", "t͡ʃiːz", "ˈlɪnəks"].map(mnemonicsOf)).toEqual(["t@'mA:toU", "dZIf", "tSi:z", "'lIn@ks"]);
  expect(() => mnemonicsOf("ǂa")).toThrow('no "ǂ"');
  expect(() => pinyinOf("重庆")).toThrow("pinyin");
});

it("says words as the lexicon has them: whole, longest first, never twice", () => {
  const lexicon = { 重庆: "chong2 qing4", 重庆路: "chong2 qing4 lu4", AI: "A I", GIF: "/dʒɪf/", "C++": "see plus plus" };
  const script = withLexicon(parseScript("重庆路在重庆。AI said GIF and C++."), lexicon);
  expect(script.hints.map((h) => script.text.slice(h.start, h.end))).toEqual(["重庆路", "重庆", "AI", "GIF", "C++"]);
  const { utterances } = utterancesOf(script, {}, hint);
  expect(utterances.map((u) => u.said)).toEqual([
    " chong2 qing4 lu4 在 chong2 qing4 。",
    "A I said [[dZIf]] and see plus plus.",
  ]);
  // every character that is sent knows where it comes from
  expect(utterances[0]!.origin).toHaveLength([...utterances[0]!.said].length);
  expect(utterances[1]!.origin.slice(0, 4)).toEqual([7, 7, 7, 9]);
  expect(withLexicon(parseScript("AIM at brain"), { AI: "x", ai: "y" }).hints).toEqual([]);
});

it("cuts sentences, with the pauses between them", () => {
  const of = (text: string, pauses = {}) => utterancesOf(parseScript(text), pauses, hint);
  const script = of('One. Two<break time="2s"/>three.\n\nFour.<break strength="strong"/>', { sentence: 0.3, paragraph: 0.9 });
  expect(script.utterances.map((u) => [u.said, u.pause])).toEqual([
    ["One.", undefined],
    ["Two", 0.3],
    ["three.", 2],
    ["Four.", 0.9],
  ]);
  expect(script.tail).toBe(0.8);
  expect(of('<sub alias="Doctor Smith">Dr. Smith</sub> is in.').utterances.map((u) => u.said)).toEqual(["Doctor Smith is in."]);
  expect(of("他说：“好！”然后走了。").utterances.map((u) => u.said)).toEqual(["他说：“好！”", "然后走了。"]);
  expect(of("a <b> [[x").utterances[0]!.said).toBe("a  b>   x"); // no tag of anybody's reaches the synthesiser
});

it("does not give pinyin to English, nor IPA to Mandarin", () => {
  const refused = (text: string) => () => utterancesOf(parseScript(text), {}, hint);
  expect(refused('<phoneme alphabet="pinyin" ph="hao3">good</phoneme>')).toThrow("Mandarin");
  expect(refused('<phoneme ph="həˈloʊ">你好</phoneme>')).toThrow("English");
});
