import { decodeWav, integratedLoudness, truePeak } from "@inkseal/codec";
import { type Chunk, type Plan, parseBrief, sniff } from "@inkseal/core";
import { afterAll, describe, expect, it } from "vitest";
import { espeakEngine } from "./espeak.ts";
import { fliteEngine } from "./flite.ts";

const espeak = espeakEngine();
const flite = fliteEngine();
afterAll(() => Promise.all([espeak.close?.(), flite.close?.()]));

async function speak(text: string, own = {}, controls = {}, engine = espeak, model = "auto"): Promise<Chunk[]> {
  const brief = parseBrief({ task: "speech", text, controls: { ...controls, own } });
  const plan: Plan = { kind: "plan", version: 1, brief, engine, model, seed: undefined, warnings: [] };
  const chunks: Chunk[] = [];
  for await (const batch of engine.generate(plan, new AbortController().signal)) chunks.push(...batch);
  return chunks;
}
const files = (chunks: readonly Chunk[]) => chunks.flatMap((c) => (c.media === undefined ? [] : [c.media]));
const pcmOf = (chunks: readonly Chunk[]) => decodeWav(files(chunks)[0]!.bytes);
interface Said {
  readonly text: string;
  readonly duration: number;
  readonly words: readonly { word: string; start: number; end: number }[];
  readonly segments: readonly { start: number; end: number; text: string }[];
}
const saidOf = (chunks: readonly Chunk[]) => chunks.find((c) => c.json !== undefined)?.json as Said;
/** Loudest sample between two moments. */
function loudest(chunks: readonly Chunk[], from: number, to: number): number {
  const { channels, rate } = pcmOf(chunks);
  return channels[0]!.subarray(Math.round(from * rate), Math.round(to * rate)).reduce((m, s) => Math.max(m, Math.abs(s)), 0);
}

describe("captions of the embedded voices", () => {
  it("times each word where it sounds", async () => {
    const chunks = await speak('First<break time="2s"/>second. 第三<break time="1s"/>第四。', { captions: "json" });
    const { words, duration, text } = saidOf(chunks);
    expect(text).toBe("Firstsecond. 第三第四。");
    expect(words.map((w) => w.word)).toEqual(["First", "second", "第", "三", "第", "四"]);
    const [first, second, third, , fourth] = words as [Said["words"][0], ...Said["words"]] & readonly Said["words"][0][];
    // the pauses are exact and silent, and the words stand at their edges
    expect(second!.start - first.end).toBeCloseTo(2, 2);
    expect(fourth!.start - words[3]!.end).toBeCloseTo(1, 2);
    expect(loudest(chunks, first.end + 0.01, second!.start - 0.01)).toBeLessThan(0.01);
    for (const w of [first, second!, third!, fourth!]) expect(loudest(chunks, w.start, w.end + 0.01)).toBeGreaterThan(0.05);
    expect(duration).toBeCloseTo(pcmOf(chunks).channels[0]!.length / 22_050, 5);
    expect(words.every((w, i) => w.end >= w.start && w.start >= (words[i - 1]?.start ?? 0) && w.end <= duration + 0.001)).toBe(
      true,
    );
  });
  it("keeps words of a text with hints and numbers apart", async () => {
    const { words } = saidOf(
      await speak("In 1999 he paid $23.50 for [[t@m'A:toU]] soup.", { captions: "json" }, {}, espeak, "en"),
    );
    expect(words.map((w) => w.word)).toEqual(["In", "1999", "he", "paid", "$23.50", "for", "t@m'A:toU", "soup"]);
  });
  it("writes WebVTT and SubRip as a second file", async () => {
    const [sound, captions] = files(await speak("床前明月光，疑是地上霜。举头望明月，低头思故乡。", { captions: "vtt" }));
    expect(sniff(sound!.bytes)).toBe("audio/wav");
    expect(captions!.mediaType).toBe("text/vtt");
    expect(sniff(captions!.bytes)).toBe("text/vtt");
    expect(new TextDecoder().decode(captions!.bytes)).toMatch(
      /^WEBVTT\n\n1\n00:00:00\.\d{3} --> 00:00:0\d\.\d{3}\n床前明月光，疑是地上霜。\n\n2\n/,
    );
    const [, srt] = files(await speak("Hello. World.", { captions: "srt" }, { format: "mp3" }));
    expect(sniff(srt!.bytes)).toBe("text/srt");
  });
  it("shares the voiced time out where the voice tells nothing (flite)", async () => {
    const { words, duration } = saidOf(await speak("One two three. Four.", { captions: "json" }, {}, flite, "slt"));
    expect(words.map((w) => w.word)).toEqual(["One", "two", "three", "Four"]);
    expect(words.at(-1)!.end).toBeLessThanOrEqual(duration);
    await expect(speak('<phoneme ph="tuː">two</phoneme>', {}, {}, flite, "slt")).rejects.toMatchObject({ code: "cannot-do" });
  });
});

describe("controls of their own", () => {
  it("brings every voice to −16 LUFS, or to what is asked, with no peak over −1 dBTP", async () => {
    for (const [text, own, wanted] of [
      ["人工智能生成的内容应当可以被认出来。", {}, -16],
      ["Generated content should be recognisable.", {}, -16],
      ["Generated content should be recognisable.", { loudness: -23 }, -23],
    ] as const) {
      const pcm = pcmOf(await speak(text, own));
      expect(Math.abs(integratedLoudness(pcm) - wanted)).toBeLessThan(0.5);
      expect(20 * Math.log10(truePeak(pcm.channels))).toBeLessThan(-1);
    }
    expect(pcmOf(await speak("Hi.", { loudness: "off" }))).not.toEqual(pcmOf(await speak("Hi.")));
  });
  it("waits as long as it is told between sentences and paragraphs", async () => {
    const own = { captions: "json", sentencePause: 1, paragraphPause: 2 };
    const { words } = saidOf(await speak("一。二。\n三。", own));
    expect(words[1]!.start - words[0]!.end).toBeCloseTo(1, 2);
    expect(words[2]!.start - words[1]!.end).toBeCloseTo(2, 2);
  });
  it("says words by the lexicon: the same sound as the text that spells it out", async () => {
    const own = { loudness: "off" };
    const sound = async (text: string, more = {}) => pcmOf(await speak(text, { ...own, ...more })).channels[0]!.length;
    const near = (a: number, b: number) => expect(Math.abs(a - b)).toBeLessThan(1100); // 50 ms: syllables apart are said a little longer
    near(await sound("我在重庆。", { lexicon: { 重庆: "cheng2 du1" } }), await sound("我在成都。"));
    near(await sound("I use SQL.", { lexicon: { SQL: "sequel" } }), await sound("I use sequel."));
    expect(await sound("I use SQL.")).not.toBe(await sound("I use sequel."));
  });
  it("names a control that it does not have, and one out of range", async () => {
    await expect(speak("x", { speedy: 1 })).rejects.toMatchObject({
      code: "bad-request",
      details: { param: "controls.own.speedy" },
    });
    await expect(speak("x", { sentencePause: 99 })).rejects.toMatchObject({ code: "bad-request" });
  });
  it("asks for any format to be made of its WAV once that is marked", async () => {
    for (const [format, as] of [
      ["mp3", "audio/mpeg"],
      ["opus", "audio/opus"],
      ["pcm", "audio/pcm"],
      ["wav", undefined],
    ]) {
      const [file] = files(await speak("Hello.", {}, { format }));
      expect([sniff(file!.bytes), file!.as]).toEqual(["audio/wav", as]);
    }
  });
});
