import type { Constraint } from "./constrain.ts";
import type { LogitsHook } from "./hooks.ts";

/** A constraint of one sequence's text that says itself when the text is over. */
export interface OpenEnd extends LogitsHook {
  accept(token: number): void;
  /** Whether the text is whole and over; it stays so, and later tokens are none of it. */
  readonly over: boolean;
  /** Tokens of the text so far. */
  readonly length: number;
}

/**
 * A constraint for a model without a token to end with (of characters, say), made for no end token: the text is over where it is whole and what the
 * model finds likeliest would lead out of the language.
 */
export function openEnd(constraint: Constraint): OpenEnd {
  let over = false;
  let length = 0;
  const hook: LogitsHook = (logits, context) => {
    if (over) return;
    if (!constraint.complete) return constraint(logits, context);
    const free = logits.slice();
    const likeliest = free.reduce((best, x, token) => (x > free[best]! ? token : best), 0);
    constraint(logits, context);
    over = logits[likeliest] === Number.NEGATIVE_INFINITY;
    if (over) logits.set(free); // some token has to be drawn
  };
  const accept = (token: number): void => {
    if (over) return;
    constraint.accept(token);
    length++;
  };
  return Object.defineProperties(Object.assign(hook, { accept }), {
    over: { get: () => over },
    length: { get: () => length },
  }) as OpenEnd;
}
