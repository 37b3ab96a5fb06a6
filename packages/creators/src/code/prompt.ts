import type { CodeTokens } from "./tokens.ts";

/** Tokens that the model was trained to look at; it may read no more. */
export const window = 256;
/** How the window is divided. */
const most = { suffix: 64, made: 48 };
/** The window's beginning moves by so many tokens at a time: in between, what was read stays read. */
const stride = 64;

export interface Prompt {
  /** What follows the gap, as far as the model sees it; it stays while somebody types before it, so it comes first. */
  readonly head: readonly number[];
  /** All of the file's tokens before the gap and after it. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What the first generated tokens have to spell. */
  readonly rest: string;
}

export function promptOf(tokens: CodeTokens, prefix: string, suffix: string): Prompt {
  const { ids: before, rest } = tokens.open(prefix);
  const after = suffix === "" ? [] : tokens.encode(suffix);
  const head = after.length === 0 ? [tokens.text] : [tokens.suffix, ...after.slice(0, most.suffix), tokens.text];
  return { head, before, after, rest };
}

/** What the model reads to go on after `written`, with room for what it will write. */
export function readable({ head }: Pick<Prompt, "head">, written: readonly number[]): number[] {
  const over = written.length - (window - most.made - head.length);
  return [...head, ...written.slice(over <= 0 ? 0 : Math.ceil(over / stride) * stride)];
}
