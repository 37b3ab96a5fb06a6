import { createHash, randomInt } from "node:crypto";
import type { Mark, WordMark } from "@inkseal/core";
import { markedDraw } from "@inkseal/mark/draw";
import type { LlamaContextSequence, Token } from "node-llama-cpp";

type Evaluate = LlamaContextSequence["evaluate"];

/**
 * Lets a sequence's tokens be drawn with a watermark while `work` goes on: the library's own chain (penalties, cuts, temperature) says what is
 * left and how likely, and the one drawn from it is given back to go on with. It costs nothing that can be measured. Tokens that a
 * grammar or a tool's schema binds stay as the library draws them, because its grammar has moved on by then; so do they at temperature 0.
 */
export async function withMarkedWords<R>(
  sequence: LlamaContextSequence,
  { mark, seed }: { readonly mark: WordMark; readonly seed: number | undefined },
  work: () => Promise<R>,
): Promise<{ readonly result: R; readonly mark: Mark | undefined }> {
  const draw = markedDraw(mark);
  const begin = fraction(seed ?? randomInt(2 ** 32));
  let position = 0;
  // shadows the method for this run only: the library's chats and completions call it, and have no other seam
  const evaluate = async function* (...[tokens, options]: Parameters<Evaluate>): ReturnType<Evaluate> {
    const inner = sequence.evaluateWithMetadata(tokens, { probabilities: true }, options);
    try {
      for (let next: Token | Token[] | undefined; ; ) {
        const { value, done } = await inner.next(next);
        if (done || value === undefined) return;
        const bound = options?.grammarEvaluationState;
        const free = (typeof bound === "function" ? bound() : bound) === undefined && (options?.temperature ?? 0) > 0;
        let { token } = value;
        if (free) {
          const list = [...value.probabilities.keys()];
          token = list[draw([...value.probabilities.values()], list, () => begin, { position })] as Token;
        }
        position++;
        next = (yield token) ?? token;
      }
    } finally {
      await inner.return(undefined);
    }
  };
  Object.defineProperty(sequence, "evaluate", { value: evaluate, configurable: true });
  try {
    return { result: await work(), mark: draw.mark() };
  } finally {
    Reflect.deleteProperty(sequence, "evaluate");
  }
}

/** 0 to 1, as random as a hash. */
const fraction = (seed: number): number => createHash("sha256").update(`start ${seed}`).digest().readUInt32LE() / 2 ** 32;
