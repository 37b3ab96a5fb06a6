import { z } from "zod";
import { Action } from "./finding.ts";

const Rule = z.object({
  /** A hazard or a family: `pii.email`, `pii`, `*`. The longest match wins. */
  hazard: z.string(),
  in: Action.optional(),
  out: Action.optional(),
  /** Findings below this score are recorded and not acted on. */
  minScore: z.number().min(0).max(1).default(0.5),
});

/** Turns findings into a decision, and says which marks go on. Data, so that a person can read and change it. */
export const PolicySchema = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  description: z.string().default(""),
  rules: z.array(Rule).default([{ hazard: "pii", in: "mask", out: "mask", minScore: 0.5 }]),
  /** What an errored, timed-out or missing check means. */
  unchecked: z.enum(["block", "allow"]).default("block"),
  /** Keep the words of prompts and outputs (encrypted), or only their digests. */
  keepText: z.boolean().default(false),
  /** Engines this policy may send to. */
  places: z.array(z.enum(["embedded", "local", "cloud"])).default(["embedded", "local", "cloud"]),
  marks: z
    .object({
      /**
       * Label of words that are kept as a file, of pages, slides, sheets and scores. Words streamed over the API carry theirs in the headers: a line
       * more would break JSON.
       */
      text: z.enum(["none", "head", "middle", "tail"]).default("tail"),
      /** A paragraph of words, or a corner mark: raised letters at the words themselves (GB 45438-2025, 5.1). */
      textForm: z.enum(["words", "corner"]).default("words"),
      /** Of labels in all media; `auto`: the language of what was asked. */
      language: z.enum(["auto", "zh-CN", "en"]).default("auto"),
      image: z.enum(["none", "corner"]).default("corner"),
      audio: z.enum(["none", "head", "tail"]).default("tail"),
      /** In the opening frames alone, or in the corner throughout as well. */
      video: z.enum(["none", "opening", "corner"]).default("corner"),
      metadata: z.boolean().default(true),
      /**
       * What stays when a file is transcoded and its metadata are lost; where the house has a key for it. Words carry one where the engine draws
       * their tokens here (`ModelInfo.logits`): each text is as likely as without it.
       */
      watermark: z.boolean().default(true),
      /** A watermark for words that no engine here drew, by choices between two ways of saying the same: it changes words of kept files, so it is asked for. */
      wording: z.boolean().default(false),
      c2pa: z.boolean().default(true),
    })
    .prefault({}),
});
export type Policy = Readonly<z.infer<typeof PolicySchema>>;
/** The policy of a fresh house: personal data masked both ways, every piece labelled, only digests kept. */
export const defaultPolicy: Policy = Object.freeze(PolicySchema.parse({ name: "default" }));
