import { z } from "zod";

/** What a detector may find. Dotted: family and kind. */
export type Hazard =
  | `pii.${string}`
  | `safety.${string}`
  | `security.${string}`
  | `bias.${string}`
  | `fact.${string}`
  | `copyright.${string}`;

/** Half-open span in UTF-16 code units of the text that was scanned. */
export const Span = z.object({ start: z.int().min(0), end: z.int().min(0) });
export type Span = z.infer<typeof Span>;

/** Something a guard noticed. Never holds the text itself. */
export const Finding = z.object({
  hazard: z.custom<Hazard>((v) => typeof v === "string"),
  /** The detector that says so. */
  detector: z.string(),
  /** 0 to 1. */
  score: z.number().min(0).max(1),
  span: Span.optional(),
  /** Why, in words fit for a user, without the sensitive text. */
  evidence: z.string().optional(),
  stage: z.enum(["in", "out"]),
});
export type Finding = z.infer<typeof Finding>;

/** From mildest to strictest. `unchecked` counts as `block` unless the policy says otherwise in writing. */
export const Action = z.enum(["allow", "mask", "rewrite", "hold", "block", "unchecked"]);
export type Action = z.infer<typeof Action>;

export interface Decision {
  readonly kind: "decision";
  readonly version: 1;
  readonly action: Action;
  readonly findings: readonly Finding[];
  /** The policy that decided, by name. */
  readonly policy: string;
  /** In words, for `hold`, `block` and `unchecked`. */
  readonly reason?: string;
}

declare const clearedBrand: unique symbol;
/**
 * Proof that guard saw it. Only `packages/guard` may construct one (the floors check keeps it), and mark and
 * delivery accept nothing else: the order guard → mark → deliver is kept by the types.
 */
export type Cleared<T> = T & { readonly [clearedBrand]: true };
