import fc from "fast-check";
import { expect, test } from "vitest";
import { slotsOf } from "./slots.ts";
import { detectWording, embedWording } from "./wording.ts";

const key = (n: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => (i * 7 + n) & 255);
const english = `The neighbours' favourite does not often travel, for example, until somebody's car is ready. They will not go before everyone's bag is there.
Perhaps the large theatre in the center isn't open; we're told that it's nearly full. Don't you know? Yes, they are.
However, someone's favourite colour was grey, and nobody could not recognise it. Moreover the organisation wasn't large; we will go toward noon.`;
const chinese =
  "因此我们目前经常使用Python和Rust两种语言。虽然Rust非常快，但是学习它大约需要3个月。例如，也许你为什么突然想要学习它？其实在2024年，其他电脑仍然可以运行Linux系统，并且几乎不需要安装GCC编译器。此外，星期一我们一起去那里。";

test("the key chooses at every place, is found again, and by itself only", () => {
  for (const text of [english, chinese]) {
    const { text: marked, places } = embedWording(text, key(1));
    expect(places).toBeGreaterThan(19);
    expect(detectWording(marked, key(1))).toMatchObject({ places, agreeing: places });
    expect(detectWording(marked, key(1)).chance).toBeCloseTo(2 ** -places, 12);
    expect(detectWording(marked, key(2)).chance).toBeGreaterThan(1e-3);
    expect(detectWording(text, key(1)).chance).toBeGreaterThan(1e-3);
    expect(embedWording(marked, key(1)).text).toBe(marked);
  }
});

test("a choice moves no other place: names are the same whatever was chosen", () => {
  for (const text of [english, chinese])
    fc.assert(
      fc.property(fc.nat(255), (n) => {
        const marked = embedWording(text, key(n)).text;
        expect(slotsOf(marked).map((s) => s.name)).toEqual(slotsOf(text).map((s) => s.name));
      }),
      { numRuns: 30, seed: 1 },
    );
});

test("questions, ends of sentences, articles, code, addresses and names stay as they are", () => {
  const kept = "Don't you see? Yes, we are. An email; `do not` http://a.b/don't OK_LIST /usr/color GRAY";
  for (let n = 0; n < 40; n++) {
    const { text } = embedWording(kept, key(n));
    expect(text.replaceAll("’", "'").replace("e-mail", "email").replace(/ {2}/g, " ")).toBe(kept);
    expect(embedWording("之所以如此，二十分钟，对比如下，那里面，每周一次。", key(n)).text).toBe(
      "之所以如此，二十分钟，对比如下，那里面，每周一次。",
    );
  }
  expect(embedWording("Grey skies.", key(1)).text).toMatch(/^(Grey|Gray) skies\.$/);
});

test("any text is taken: nothing thrown, and what was put in is found as put in", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
      const { text: marked } = embedWording(text, key(3));
      const { chance } = detectWording(marked, key(3));
      expect(chance).toBeGreaterThan(0);
      expect(chance).toBeLessThanOrEqual(1);
    }),
    { numRuns: 200, seed: 5 },
  );
});
