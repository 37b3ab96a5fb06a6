import { expect, test } from "vitest";
import { collectWords, Words } from "./words.ts";

const words = new Words(
  collectWords([
    ["red apple", "fruits"],
    ["green apple", "红苹果"],
    ["苹果", "小红花"],
    ["grinning cat", "猫"],
  ]),
);
const read = (text: string) => words.read(text).tokens;

test("plurals, capitals and wide letters are the same word", () => {
  expect(read("Two RED ａｐｐｌｅｓ")).toEqual(read("red apple"));
  expect(read("red apple")).toHaveLength(2);
});
test("Han text is read by signs and by the pairs that names share", () => {
  expect(read("苹果")).toHaveLength(3); // 苹, 果, 苹果
  expect(read("请画一只红猫")).toEqual(read("红 猫"));
});
test("words that say only that a picture is wanted are not read, and what is unknown is told", () => {
  expect(words.read("draw me a picture of the cat")).toEqual({ tokens: read("cat"), unknown: [] });
  expect(words.read("cat quarks 量子").unknown).toEqual(["quarks", "量子"]);
});
test("order and repetition change nothing", () => {
  expect([...read("apple red red")].sort()).toEqual([...read("red apple")].sort());
});
