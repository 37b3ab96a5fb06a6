import type { CodeTokens } from "./tokens.ts";

/** Tokens that the model was trained to look at, and how it divides them. */
const window = 256;
const most = { suffix: 64, made: 48 };
/** The window's beginning moves by so many tokens at a time: in between, what was read stays read. */
const stride = 64;

export interface Prompt {
  readonly ids: readonly number[];
  /** What the first generated tokens have to spell. */
  readonly rest: string;
  /** All of the file's tokens before the gap, for the cache. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Suffix first, then what leads up to the gap: while somebody types, only the end changes. */
export function layOut(tokens: CodeTokens, prefix: string, suffix: string): Prompt {
  const { ids: before, rest } = tokens.open(prefix);
  const after = suffix === "" ? [] : tokens.encode(suffix);
  const head = after.length === 0 ? [] : [tokens.suffix, ...after.slice(0, most.suffix)];
  const room = window - most.made - head.length - 1;
  const over = before.length - room;
  const from = over <= 0 ? 0 : Math.ceil(over / stride) * stride;
  return { ids: [...head, tokens.text, ...before.slice(from)], rest, before, after };
}
