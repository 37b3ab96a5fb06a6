import { defaultPolicy } from "@inkseal/core";
import { expect, it } from "vitest";
import { srtFormat, vttFormat } from "./captions.ts";

const provenance = { run: "run_1", artifact: "art_1", locale: "zh-CN" } as unknown as Parameters<typeof vttFormat.metadata>[2];
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words);
const headed = { ...defaultPolicy, marks: { ...defaultPolicy.marks, text: "head" as const } };
const tailed = { ...defaultPolicy, marks: { ...defaultPolicy.marks, text: "tail" as const } };

const vtt = "WEBVTT\n\n1\n00:00:00.100 --> 00:00:01.500\n床前明月光\n";
const srt = "1\r\n00:00:00,100 --> 00:00:01,500\r\n床前明月光\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,500\r\n疑是地上霜\r\n\r\n";

it("WebVTT gets a cue that says so and AIGC in a note, once each", async () => {
  const aigc = '{"Label":"1","ProduceID":"a-->b"}';
  const once = vttFormat.metadata(
    (await vttFormat.content!(bytes(vtt), { policy: headed, provenance: provenance }))!.bytes,
    aigc,
    provenance,
  )!.bytes;
  expect(text(once)).toBe(
    `WEBVTT\n\nNOTE AIGC=${aigc.replace("-->", "--\\u003e")}\n\n00:00:00.000 --> 00:00:02.000\n（本内容由人工智能生成）\n\n1\n00:00:00.100 --> 00:00:01.500\n床前明月光\n`,
  );
  const again = vttFormat.metadata(
    (await vttFormat.content!(once, { policy: headed, provenance: provenance }))!.bytes,
    aigc,
    provenance,
  )!.bytes;
  expect(text(again)).toBe(text(once));
  const read = await vttFormat.read(once);
  expect(read.label).toMatchObject({ status: "valid", data: { where: "head" } });
  expect(JSON.parse(read.aigc[0]!.text)).toEqual(JSON.parse(aigc));
});

it("waits for a label at the head of the sound", async () => {
  const late = text(
    (await vttFormat.content!(bytes(vtt), { policy: headed, provenance: { ...provenance, lead: 1.29 } }))!.bytes,
  );
  expect(late).toContain("00:00:00.000 --> 00:00:02.000\n（本内容由人工智能生成）");
  expect(late).toContain("00:00:01.390 --> 00:00:02.790\n床前明月光");
});

it("SubRip gets a cue that says so, and its cues are numbered anew", async () => {
  const head = text((await srtFormat.content!(bytes(srt), { policy: headed, provenance: provenance }))!.bytes);
  expect(head.split("\r\n\r\n").map((b) => b.trim().split("\r\n")[0])).toEqual(["1", "2", "3"]);
  expect(head).toMatch(/^1\r\n00:00:00,000 --> 00:00:02,000\r\n（本内容由人工智能生成）\r\n\r\n2\r\n/);
  const tail = text((await srtFormat.content!(bytes(srt), { policy: tailed, provenance: provenance }))!.bytes);
  expect(tail).toContain("3\r\n00:00:03,500 --> 00:00:05,500\r\n（本内容由人工智能生成）");
  expect((await srtFormat.read(bytes(tail))).label).toMatchObject({ status: "valid", data: { where: "tail" } });
  expect((await srtFormat.read(bytes(srt))).label).toMatchObject({ status: "absent" });
});
