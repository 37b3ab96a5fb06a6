import { describe, expect, it } from "vitest";
import { tableDecoder } from "../../test/infer/table-decoder.ts";
import { constrain } from "./constrain.ts";
import type { Guess } from "./draft.ts";
import { generate } from "./generate.ts";
import type { LogitsContext } from "./hooks.ts";
import { openEnd } from "./open-end.ts";
import { regex } from "./regex.ts";
import { speculate } from "./speculative.ts";

const vocabulary = ["a", "b", "ab", "c", "d", "", "", ""];
/** The text that a model makes which would say `script`, when it may say only what `pattern` matches. */
async function text(pattern: string, script: readonly number[], maxTokens = 12): Promise<{ text: string; over: boolean }> {
  const wish = (logits: Float32Array, { position }: LogitsContext): void => void (logits[script[position] ?? 7] = 99);
  const end = openEnd(constrain(regex(pattern), vocabulary, [], maxTokens));
  let out = "";
  const options = { sampling: { temperature: 0 }, hooks: [wish, end], maxTokens, vocabulary };
  for await (const step of generate(tableDecoder(), [[0]], options)) {
    if (end.over) break;
    for (const { token } of step) out += vocabulary[token];
  }
  return { text: out, over: end.over };
}

describe("openEnd", () => {
  it("ends where the model would leave the language, and not before", async () => {
    expect(await text("[ab]+", [0, 1, 2, 3])).toEqual({ text: "abab", over: true });
    expect(await text("[ab]+", [3, 3])).toMatchObject({ over: true, text: expect.stringMatching(/^[ab]+$/) });
  });
  it("stays over under guesses that are read together, and says how long the text is", async () => {
    const script = [0, 1, 3, 0, 1, 0];
    const wish = (logits: Float32Array, { position }: LogitsContext): void => void (logits[script[position] ?? 7] = 99);
    const end = openEnd(constrain(regex("[ab]+"), vocabulary, [], 12));
    const ahead: Guess[] = script.map((token) => ({
      token,
      candidates: { tokens: Uint32Array.of(token), probabilities: Float32Array.of(1) },
    }));
    const drafter = {
      draft: ({ position }: LogitsContext, count: number) => ahead.slice(position, position + count),
      close() {},
    };
    const made: number[] = [];
    const options = { sampling: { temperature: 0 }, hooks: [wish, end], maxTokens: 12, ahead: 6, drafter };
    for await (const step of speculate(tableDecoder(), [0], options)) {
      made.push(...step.made.map(({ token }) => token));
      if (end.over) break;
    }
    expect([made, end.length]).toEqual([script.concat(7), 2]);
  });
  it("ends where nothing can follow, and at as many tokens as are allowed", async () => {
    expect(await text("abd", [0, 0, 0])).toEqual({ text: "abd", over: true });
    expect(await text("[ab]+", [0, 0, 0, 0, 0], 3)).toEqual({ text: "aaa", over: false });
  });
});
