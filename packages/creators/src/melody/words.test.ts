import { expect, test } from "vitest";
import { keyName, parseKey } from "./score/key.ts";
import { wishesIn } from "./words.ts";

test.each([
  ["a reel in D, 16 bars", { genre: "reel", key: "D", bars: 16 }],
  [
    "Write a sad air in B minor for flute, 3/4, 90 bpm",
    { genre: "air", key: "B minor", mood: "sad", metre: "3/4", tempo: 90, instrument: "73" },
  ],
  ["a happy jig in Bb major with repeats", { genre: "jig", key: "Bb major", mood: "happy", repeats: true }],
  ["slip-jig in A dorian, eight bars, twelve", { genre: "slip jig", key: "A dorian" }],
  ["写一首D大调的里尔舞曲，十六小节，小提琴", { genre: "reel", key: "D大调", bars: 16, instrument: "40" }],
  [
    "降B小调的悲伤摇篮曲，四三拍，8小节，每分钟72拍",
    { genre: "air", key: "降B小调", mood: "sad", metre: "3/4", bars: 8, tempo: 72 },
  ],
  ["八分之六拍的欢快舞曲", { metre: "6/8", mood: "happy" }],
  ["a four-part chorale in G minor", { form: "chorale", key: "G minor" }],
  ['a march that starts with the motif "DFAd fdAF"', { genre: "march", motif: "DFAd fdAF" }],
])("%s", (words, controls) => {
  expect(wishesIn(words).controls).toMatchObject(controls);
});

test("ABC in the words is told from the words about it", () => {
  const abc = "X:1\nM:4/4\nK:G\nGABc d4|";
  expect(wishesIn(`Harmonise this in four parts:\n${abc}`).controls).toMatchObject({ harmonise: abc });
  expect(wishesIn(`请续写：\n\`\`\`abc\n${abc}\n\`\`\``).controls).toMatchObject({ continue: abc });
  expect(wishesIn("in a good mood").controls.key).toBeUndefined();
  expect(wishesIn("Tell me about gravity").musical).toBe(false);
});

test.each([
  ["D", "D major"],
  ["F#m", "F# minor"],
  ["Ador", "A dorian"],
  ["Bb major", "Bb major"],
  ["e minor", "E minor"],
  ["降E大调", "Eb major"],
  ["升f小调", "F# minor"],
  ["G mix", "G mixolydian"],
])("the key %s", (text, name) => {
  expect(keyName(parseKey(text)!)).toBe(name);
});
test("what is no key", () => {
  for (const text of ["H", "D#", "Cb locrian", "major", "Dance"]) expect(parseKey(text)).toBeUndefined();
});
