import { jpegCodec, utf8 } from "@inkseal/codec";
import fc from "fast-check";
import { zipSync } from "fflate";
import sharp from "sharp";
import { expect, test } from "vitest";
import { scene, seeded } from "../../test/scene.ts";
import { audioMethod, audioPrint, audioProbe } from "./audio.ts";
import { bitsApart } from "./method.ts";
import { pdq } from "./pdq.ts";
import { looker, methods } from "./prints.ts";
import { filmSeen, pictureSeen, sightMethod } from "./sights.ts";
import { textMethod, textPrint } from "./text.ts";

const sharpOf = (r: { width: number; height: number; data: Uint8ClampedArray }) =>
  sharp(r.data, { raw: { width: r.width, height: r.height, channels: 4 } });
const meets = (a: readonly number[], b: readonly number[]): boolean => a.some((key) => b.includes(key));

test("PDQ: the hash of Facebook's bridge, at 128 pixels a side", async () => {
  const file = new Uint8Array(
    await sharp(new URL("../../test/samples/pdq-square-128x128.jpg", import.meta.url).pathname).toBuffer(),
  );
  const { hash, quality } = pdq(await jpegCodec().decode(file));
  // threatexchange's examples of its own hash, of the picture at full size
  const published = Buffer.from("f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", "hex");
  expect(bitsApart(hash, published)).toBeLessThanOrEqual(20);
  expect(quality).toBe(100);
});

test("PDQ: a picture is found by its copies, laid down in any way, and by no other picture", async () => {
  const picture = scene(320, 240, 1);
  const stored = pdq(picture).hash;
  const keys = sightMethod.keys(stored);
  const copies = {
    small: sharpOf(picture).resize(200).webp({ quality: 50 }),
    turned: sharpOf(picture).rotate(90).jpeg({ quality: 60 }),
    mirrored: sharpOf(picture).flop().avif({ quality: 50 }),
    upside: sharpOf(picture).flip().png(),
  };
  const look = looker();
  for (const [name, copy] of Object.entries(copies)) {
    const bytes = new Uint8Array(await copy.toBuffer());
    const [seen] = await look(
      bytes,
      { small: "image/webp", turned: "image/jpeg", mirrored: "image/avif", upside: "image/png" }[name]!,
    );
    expect(seen!.probe.distance(stored), name).toBeLessThanOrEqual(sightMethod.limit);
    expect(meets(seen!.probe.keys, keys), name).toBe(true);
  }
  for (let seed = 2; seed < 8; seed++) expect(pictureSeen(scene(160, 120, seed))!.probe.distance(stored)).toBeGreaterThan(0.25);
});

test("PDQ: whatever is within 23 bits shares a key", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 23 }),
      (hash, flips) => {
        const other = hash.slice();
        for (const bit of flips) other[bit >> 3] = other[bit >> 3]! ^ (1 << (bit & 7));
        const probe = sightMethod.probe(other)!;
        expect(probe.distance(hash)).toBe(flips.length / 256);
        expect(meets(probe.keys, sightMethod.keys(hash))).toBe(true);
      },
    ),
  );
});

test("an even picture, a short text, silence: nothing to tell them by", async () => {
  const even = await sharp({ create: { width: 200, height: 200, channels: 3, background: "#888" } })
    .png()
    .toBuffer();
  const look = looker();
  expect(await look(new Uint8Array(even), "image/png")).toEqual([]);
  expect(await look(utf8("Two words, or three."), "text/plain")).toEqual([]);
  expect(audioPrint(new Float32Array(16_000 * 5), 16_000)).toBeUndefined();
  expect(await look(utf8("no picture"), "image/png")).toEqual([]);
});

const poems = {
  zh: (seed: number) =>
    prose(
      seed,
      Array.from({ length: 600 }, (_, i) => String.fromCodePoint(0x4e00 + i * 7)),
      "",
    ),
  en: (seed: number) =>
    prose(
      seed,
      Array.from({ length: 500 }, (_, i) => `word${i.toString(36)}`),
      " ",
    ),
};
/** 300 words by a law like Zipf's. */
function prose(seed: number, vocabulary: readonly string[], between: string): string {
  const random = seeded(seed);
  return Array.from({ length: 300 }, () => vocabulary[Math.floor(vocabulary.length * random() ** 3)]).join(between);
}

test.each(["zh", "en"] as const)(
  "MinHash, %s: found after NFKC, zero-width stripping and a fifth of its words changed",
  (language) => {
    const text = poems[language](1);
    const stored = textPrint(text)!;
    const decorated = `${[...text].join("\u200b")}\n\n（本内容由人工智能生成）\n`;
    expect(textMethod.probe(textPrint(decorated)!)!.distance(stored)).toBe(0);
    const random = seeded(9);
    const words = language === "zh" ? [...text] : text.split(" ");
    const edited = words
      .map((w) => (random() < 0.2 ? (language === "zh" ? "改" : "changed") : w))
      .join(language === "zh" ? "" : " ");
    const probe = textMethod.probe(textPrint(edited)!)!;
    expect(probe.distance(stored)).toBeLessThan(textMethod.limit);
    expect(meets(probe.keys, textMethod.keys(stored))).toBe(true);
    for (let seed = 2; seed < 20; seed++)
      expect(textMethod.probe(textPrint(poems[language](seed))!)!.distance(stored)).toBeGreaterThan(textMethod.limit);
  },
);

/** A melody of plucked tones over a little noise. */
function melody(seed: number, seconds: number, rate = 16_000): Float32Array {
  const random = seeded(seed);
  const notes = Array.from({ length: Math.ceil(seconds * 4) }, () => 220 * 2 ** (Math.floor(random() * 30) / 12));
  return Float32Array.from({ length: seconds * rate }, (_, i) => {
    const t = i / rate;
    const note = notes[Math.floor(t * 4)] as number;
    const fade = Math.exp(-4 * ((t * 4) % 1));
    const tone =
      Math.sin(2 * Math.PI * note * t) + 0.5 * Math.sin(4 * Math.PI * note * t) + 0.3 * Math.sin(6 * Math.PI * note * t);
    return 0.2 * fade * tone + 0.01 * (random() - 0.5);
  });
}

test("Haitsma and Kalker: found by a noisy, quieter cut at another rate, and by no other sound", () => {
  const stored = audioPrint(melody(1, 12), 16_000)!;
  const random = seeded(5);
  const cut = melody(1, 12)
    .slice(16_000 * 3 + 77, 16_000 * 9)
    .map((x) => 0.4 * x + 0.004 * (random() - 0.5));
  const probe = audioProbe(cut, 16_000)!;
  expect(probe.distance(stored)).toBeLessThan(audioMethod.limit);
  expect(meets(probe.keys, audioMethod.keys(stored))).toBe(true);
  expect(audioProbe(melody(1, 12, 22_050), 22_050)!.distance(stored)).toBeLessThan(audioMethod.limit);
  expect(audioMethod.probe(stored)!.distance(stored)).toBe(0);
  for (let seed = 2; seed < 6; seed++)
    expect(audioProbe(melody(seed, 12), 16_000)!.distance(stored)).toBeGreaterThan(audioMethod.limit);
});

test("values of another length are no values", () => {
  for (const method of Object.values(methods)) {
    expect(method.probe(new Uint8Array(3))).toBeUndefined();
    expect(
      method.probe(method.alg === audioMethod.alg ? new Uint8Array(128) : new Uint8Array(method === sightMethod ? 32 : 256)),
    ).toBeDefined();
  }
});

test("a page, a document and a text of the same words are found by one another; a GIF by its first frame", async () => {
  const look = looker();
  const words = Array.from({ length: 90 }, (_, i) => `word${(i * 37) % 101} goes <${i % 7}>`);
  const escaped = words.map((w) => w.replace("<", "&lt;").replace(">", "&gt;"));
  const html = utf8(
    `<html><head><style>p{}</style><title>no words</title></head><body><p>${escaped.join("</p><p>")}</p></body></html>`,
  );
  const w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
  const paragraphs = escaped.map((p) => `<w:p><w:r><w:t>${p}</w:t></w:r></w:p>`).join("");
  const docx = zipSync({
    "[Content_Types].xml": utf8("<Types/>"),
    "word/document.xml": utf8(`<w:document ${w}><w:body>${paragraphs}</w:body></w:document>`),
  });
  const [text] = await look(utf8(words.join("\n")), "text/plain");
  const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  for (const [file, type] of [
    [html, "text/html"],
    [docx, docxType],
  ] as const)
    expect(text!.probe.distance((await look(file, type))[0]!.print.value)).toBe(0);
  expect(await look(utf8("<p>short</p>"), "text/html")).toEqual([]);
  const [first, other] = [scene(320, 240, 1), scene(320, 240, 2)];
  const raw = { width: 320, height: 480, channels: 4 as const, pageHeight: 240 };
  const frames = Buffer.concat([Buffer.from(first.data.buffer), Buffer.from(other.data.buffer)]);
  const gif = new Uint8Array(await sharp(frames, { raw }).gif().toBuffer());
  const { probe } = (await look(gif, "image/gif"))[0]!;
  expect(probe.distance(pdq(first).hash)).toBeLessThan(sightMethod.limit);
  expect(probe.distance(pdq(other).hash)).toBeGreaterThan(sightMethod.limit);
});

/** A film of one scene after another, three frames each, over which the view moves a little. */
const film = (...seeds: number[]) => seeds.flatMap((seed) => [0, 2, 4].map((x) => cropped(scene(200, 140, seed), x)));
function cropped(raster: { width: number; height: number; data: Uint8ClampedArray }, left: number) {
  const [width, height] = [raster.width - 8, raster.height];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++)
    data.set(raster.data.subarray(4 * (y * raster.width + left), 4 * (y * raster.width + left + width)), 4 * y * width);
  return { width, height, data };
}

test("a film is found by a cut of it, a still finds the film, a film of one picture the picture; a shared title does not", () => {
  const whole = filmSeen(film(1, 2, 3, 4, 5, 6))!;
  const cut = filmSeen(film(3, 4))!;
  const standing = cropped(scene(200, 140, 4), 2);
  const still = pictureSeen(standing)!;
  expect(cut.probe.distance(whole.print.value)).toBeLessThanOrEqual(sightMethod.limit);
  expect(meets(cut.probe.keys, sightMethod.keys(whole.print.value))).toBe(true);
  expect(still.probe.distance(whole.print.value)).toBeLessThanOrEqual(sightMethod.limit);
  expect(filmSeen([standing, standing, standing])!.probe.distance(still.print.value)).toBeLessThanOrEqual(sightMethod.limit);
  const other = filmSeen(film(6, 11, 12, 13, 14, 15, 16, 17, 18))!;
  expect(other.probe.distance(whole.print.value)).toBeGreaterThan(sightMethod.limit);
  expect(pictureSeen(scene(200, 140, 21))!.probe.distance(whole.print.value)).toBeGreaterThan(0.25);
  // in another process, and from the manifest's own value
  expect(sightMethod.ask(cut.probe.asks).distance(whole.print.value)).toBe(cut.probe.distance(whole.print.value));
  expect(sightMethod.probe(whole.print.value)!.distance(whole.print.value)).toBe(0);
  expect(filmSeen([])).toBeUndefined();
});

test("slides and sheets: what stands on them, in their order", async () => {
  const words = Array.from({ length: 60 }, (_, i) => `word${(i * 37) % 101}`);
  const look = looker();
  const office = "application/vnd.openxmlformats-officedocument";
  const [text] = await look(utf8(words.join(" ")), "text/plain");
  const slide = (some: string[]) =>
    utf8(
      `<p:sld><a:p><a:r><a:t>${some.slice(0, 5).join(" ")}</a:t></a:r></a:p><a:p>${some.slice(5).join("<a:br/>")}</a:p></p:sld>`,
    );
  const slides = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`ppt/slides/slide${i + 1}.xml`, slide(words.slice(5 * i, 5 * i + 5))]).reverse(),
  );
  const [shown] = await look(zipSync(slides), `${office}.presentationml.presentation`);
  expect(text!.probe.distance(shown!.print.value)).toBe(0);
  const cell = (word: string, i: number) =>
    i % 3 === 0
      ? `<c t="s"><v>${i / 3}</v></c>`
      : i % 3 === 1
        ? `<c r="B1" t="inlineStr"><is><t>${word}</t></is></c>`
        : `<c t="str"><f>A1</f><v>${word}</v></c>`;
  const strings = words.filter((_, i) => i % 3 === 0).map((word) => `<si><r><t>${word}</t></r></si>`);
  const sheet = {
    "xl/worksheets/sheet1.xml": utf8(`<worksheet><sheetData><row>${words.map(cell).join("")}</row></sheetData></worksheet>`),
    "xl/sharedStrings.xml": utf8(`<sst>${strings.join("")}</sst>`),
  };
  const [counted] = await look(zipSync(sheet), `${office}.spreadsheetml.sheet`);
  expect(text!.probe.distance(counted!.print.value)).toBe(0);
  // tags that are never closed take no longer than others
  const unclosed = zipSync({ "xl/worksheets/sheet1.xml": utf8("<c><si<v".repeat(400_000)) });
  expect(await look(unclosed, `${office}.spreadsheetml.sheet`)).toEqual([]);
});
