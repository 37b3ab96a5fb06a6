import { InksealError } from "@inkseal/core";
import * as z from "zod";
import { AddedTokenSchema } from "./added-tokens.ts";
import { BpeTokenizer } from "./bpe.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { readDecoder, readFrame, readNormalizer, readPreTokenizer } from "./tokenizer-parts.ts";

const FileSchema = z.object({
  model: z.looseObject({ type: z.string().max(100).optional() }),
  added_tokens: z.array(AddedTokenSchema).nullish(),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  decoder: z.unknown(),
});
const BpeSchema = z.object({
  dropout: z.literal(0).nullish(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.literal("").nullish(),
  end_of_word_suffix: z.literal("").nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  merges: z.union([z.array(z.tuple([z.string(), z.string()])), z.array(z.string())]),
});
const WordLevelSchema = z.object({ unk_token: z.string().nullish() });

/**
 * Reads Hugging Face's tokenizer.json: BPE, byte-level as GPT-2 and Llama 3 or with byte fallback as Llama 1 and 2, and WordLevel of
 * single characters. Throws `bad-file`, saying what, for everything else: no step is skipped in silence.
 */
export function readTokenizerJson(json: unknown): Tokenizer {
  const file = parse(FileSchema, json);
  switch (file.model.type) {
    case "WordLevel":
      return readCharacters(file);
    case "BPE":
    case undefined:
      return readBpe(file, json as object);
    default:
      throw new InksealError("bad-file", `the tokenizer's model ${JSON.stringify(file.model.type)} is none that the Lab knows`);
  }
}

function readBpe(file: z.infer<typeof FileSchema>, json: object): BpeTokenizer {
  const model = parse(BpeSchema, file.model);
  const added = file.added_tokens ?? [];
  const vocab = readVocab(file.model.vocab);
  const merges = model.merges.map((merge) => {
    const pair = typeof merge === "string" ? merge.split(" ") : merge;
    if (pair.length !== 2) throw new InksealError("bad-file", "a merge of the tokenizer is not a pair");
    return pair as [string, string];
  });
  const content = new Map(added.map((t) => [t.content, t.id]));
  return new BpeTokenizer({
    vocab,
    merges,
    added,
    spelling: mentions(file.decoder, "ByteLevel") || mentions(file.pre_tokenizer, "ByteLevel") ? "byte-level" : "sentencepiece",
    byteFallback: model.byte_fallback ?? false,
    unknown: model.unk_token ?? undefined,
    fuseUnknown: model.fuse_unk ?? false,
    ignoreMerges: model.ignore_merges ?? false,
    normalize: readNormalizer(file.normalizer),
    preTokenize: readPreTokenizer(file.pre_tokenizer),
    decode: readDecoder(file.decoder),
    frame: readFrame(file.post_processor, (name) => content.get(name) ?? vocab.get(name)),
    json,
  });
}

function readCharacters(file: z.infer<typeof FileSchema>): CharTokenizer {
  const vocab = readVocab(file.model.vocab);
  const pre = z
    .object({
      type: z.literal("Split"),
      pattern: z.object({ Regex: z.enum(["[\\s\\S]", ""]) }),
      behavior: z.literal("Isolated"),
    })
    .safeParse(file.pre_tokenizer);
  if (!pre.success || file.normalizer != null || file.post_processor != null || (file.added_tokens ?? []).length > 0)
    throw new InksealError("bad-file", "of WordLevel tokenizers the Lab knows only those that split into single characters");
  const characters: string[] = [];
  for (const [character, id] of vocab) characters[id] = character;
  const unknown = parse(WordLevelSchema, file.model).unk_token ?? undefined;
  const whole =
    vocab.size > 0 && characters.length === vocab.size && [...vocab.keys()].every((c) => c === unknown || [...c].length === 1);
  if (!whole)
    throw new InksealError("bad-file", "the tokenizer's vocabulary is not one of single characters with ids from 0 up");
  return new CharTokenizer(characters, unknown !== undefined && vocab.has(unknown) ? unknown : undefined);
}

/** By hand, since a vocabulary may be large and may hold any key, `__proto__` too. */
function readVocab(json: unknown): Map<string, number> {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new InksealError("bad-file", "the tokenizer has no vocabulary of spelling → id");
  const vocab = new Map<string, number>();
  const ids = new Set<number>();
  for (const [spelling, id] of Object.entries(json)) {
    if (!Number.isInteger(id) || id < 0 || id >= 2 ** 24 || ids.has(id))
      throw new InksealError(
        "bad-file",
        "the tokenizer's vocabulary has an id that is not a whole number below 2^24, or has it twice",
      );
    vocab.set(spelling, id);
    ids.add(id);
  }
  return vocab;
}

/** Whether a step, or one inside its sequence, is of this type. */
function mentions(step: unknown, type: string): boolean {
  if (typeof step !== "object" || step === null) return false;
  const { type: own, decoders, pretokenizers } = step as { type?: unknown; decoders?: unknown; pretokenizers?: unknown };
  return own === type || [decoders, pretokenizers].some((list) => Array.isArray(list) && list.some((s) => mentions(s, type)));
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new InksealError(
    "bad-file",
    `tokenizer.json does not say what the Lab can read at ${issue.path.join(".") || "its top"}: ${issue.message}`,
  );
}
