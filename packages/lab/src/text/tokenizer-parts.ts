import { InksealError } from "@inkseal/core";
import * as z from "zod";
import { quote } from "./added-tokens.ts";
import { bytesOf, spellBytes } from "./byte-alphabet.ts";

/**
 * The steps around a tokenizer's model in tokenizer.json (Hugging Face tokenizers 0.2x), each as a function.
 * All `read…` throw `bad-file` for a step that the Lab does not know: a wrong guess would give wrong ids in silence.
 */
export type Normalize = (text: string) => string;
/** `first`: the stretch starts the text. */
export type PreTokenize = (stretch: string, first: boolean) => string[];
/** Token spellings to pieces of text, to be joined. */
export type Decode = (spellings: string[]) => string[];

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8Strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

const refuse = (what: string): never => {
  throw new InksealError("bad-file", `the tokenizer asks for ${what}, which the Lab does not know`);
};
const Step = z.looseObject({ type: z.string().max(100) });
const Pattern = z.union([
  z.strictObject({ String: z.string().min(1) }),
  z.strictObject({ Regex: z.string().min(1).max(4096) }),
]);

function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new InksealError(
    "bad-file",
    `the tokenizer's ${what} is malformed at ${issue.path.join(".") || "its top"}: ${issue.message}`,
  );
}

export function readNormalizer(json: unknown): Normalize {
  if (json === null || json === undefined) return (text) => text;
  const step = parse(Step, json, "normalizer");
  switch (step.type) {
    case "Sequence": {
      const steps = parse(z.array(z.unknown()), step.normalizers, "normalizer").map(readNormalizer);
      return (text) => steps.reduce((t, normalize) => normalize(t), text);
    }
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(step.type);
    case "Lowercase":
      return (text) => text.toLowerCase();
    case "Prepend": {
      const prefix = parse(z.string(), step.prepend, "normalizer");
      return (text) => (text === "" ? text : prefix + text);
    }
    case "Replace": {
      const pattern = readPattern(step.pattern);
      const content = parse(z.string(), step.content, "normalizer");
      return (text) => text.replace(pattern, () => content);
    }
    default:
      return refuse(`the normalizer ${JSON.stringify(step.type)}`);
  }
}

/** GPT-2's pattern, with white space as Unicode has it (JavaScript's `\s` adds U+FEFF and lacks U+0085). */
const gpt2 = readPattern({ Regex: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+" });

export function readPreTokenizer(json: unknown): PreTokenize {
  if (json === null || json === undefined) return (stretch) => [stretch];
  const step = parse(Step, json, "pre-tokenizer");
  switch (step.type) {
    case "Sequence": {
      const steps = parse(z.array(z.unknown()), step.pretokenizers, "pre-tokenizer").map(readPreTokenizer);
      return (stretch, first) =>
        steps.reduce((pieces, pre) => pieces.flatMap((piece, i) => pre(piece, first && i === 0)), [stretch]);
    }
    case "ByteLevel": {
      const space = step.add_prefix_space !== false;
      const split = step.use_regex !== false;
      return (stretch) => {
        const text = space && !/^\p{White_Space}/u.test(stretch) ? ` ${stretch}` : stretch;
        return split ? (text.match(gpt2) ?? []).map(spellBytes) : [spellBytes(text)];
      };
    }
    case "Split": {
      const pattern = readPattern(step.pattern);
      const invert = step.invert === true;
      if (step.behavior === "Isolated") return (stretch) => cut(stretch, pattern).map((piece) => piece.text);
      if (step.behavior !== "Removed") return refuse(`the split behaviour ${JSON.stringify(step.behavior)}`);
      return (stretch) => cut(stretch, pattern).flatMap((piece) => (piece.match === invert ? piece.text : []));
    }
    case "Digits": {
      const pattern = readPattern({ Regex: step.individual_digits === true ? "\\p{N}" : "\\p{N}+" });
      return (stretch) => cut(stretch, pattern).map((piece) => piece.text);
    }
    case "Metaspace": {
      const mark = parse(z.string().min(1).default("▁"), step.replacement, "pre-tokenizer");
      const scheme = step.prepend_scheme ?? (step.add_prefix_space === false ? "never" : "always");
      const words = new RegExp(`(?=${quote(mark)})`, "u");
      return (stretch, first) => {
        let text = stretch.replaceAll(" ", () => mark);
        if (!text.startsWith(mark) && (scheme === "always" || (scheme === "first" && first))) text = mark + text;
        return step.split === false ? [text] : text.split(words);
      };
    }
    default:
      return refuse(`the pre-tokenizer ${JSON.stringify(step.type)}`);
  }
}

export function readDecoder(json: unknown): Decode {
  if (json === null || json === undefined) return (spellings) => spellings;
  const step = parse(Step, json, "decoder");
  switch (step.type) {
    case "Sequence": {
      const steps = parse(z.array(z.unknown()), step.decoders, "decoder").map(readDecoder);
      return (spellings) => steps.reduce((s, decode) => decode(s), spellings);
    }
    case "ByteLevel":
      return (spellings) => [utf8.decode(concatenate(spellings.map(bytesOf)))];
    case "Fuse":
      return (spellings) => [spellings.join("")];
    case "ByteFallback":
      return joinBytes;
    case "Replace": {
      const pattern = readPattern(step.pattern);
      const content = parse(z.string(), step.content, "decoder");
      return (spellings) => spellings.map((s) => s.replace(pattern, () => content));
    }
    case "Strip": {
      const count = z.int().min(0).max(1000).default(0);
      const { content, start, stop } = parse(
        z.object({ content: z.string().min(1), start: count, stop: count }),
        step,
        "decoder",
      );
      const head = new RegExp(`^(?:${quote(content)}){0,${start}}`, "u");
      const tail = new RegExp(`(?:${quote(content)}){0,${stop}}$`, "u");
      return (spellings) => spellings.map((s) => s.replace(head, "").replace(tail, ""));
    }
    case "Metaspace": {
      const mark = parse(z.string().min(1).default("▁"), step.replacement, "decoder");
      const strip = step.prepend_scheme !== "never" && step.add_prefix_space !== false;
      return (spellings) =>
        spellings.map((s, i) => (strip && i === 0 && s.startsWith(mark) ? s.slice(mark.length) : s).replaceAll(mark, " "));
    }
    default:
      return refuse(`the decoder ${JSON.stringify(step.type)}`);
  }
}

const Frame = z.object({ single: z.array(z.unknown()), special_tokens: z.record(z.string(), z.unknown()) });
const FrameToken = z.object({ SpecialToken: z.object({ id: z.string() }) });

/** What a post-processor puts before and after a text; `id` finds the id of a special token. */
export function readFrame(json: unknown, id: (content: string) => number | undefined): { before: number[]; after: number[] } {
  const frame = { before: [] as number[], after: [] as number[] };
  if (json === null || json === undefined) return frame;
  const step = parse(Step, json, "post-processor");
  if (step.type === "ByteLevel") return frame; // changes offsets only
  if (step.type === "Sequence") {
    for (const inner of parse(z.array(z.unknown()), step.processors, "post-processor")) {
      const { before, after } = readFrame(inner, id);
      frame.before.unshift(...before);
      frame.after.push(...after);
    }
    return frame;
  }
  if (step.type !== "TemplateProcessing") return refuse(`the post-processor ${JSON.stringify(step.type)}`);
  let side = frame.before;
  for (const part of parse(Frame, step, "post-processor").single) {
    const token = FrameToken.safeParse(part);
    if (!token.success) {
      side = frame.after; // the sequence itself
      continue;
    }
    const found = id(token.data.SpecialToken.id);
    if (found === undefined)
      throw new InksealError("bad-file", "the tokenizer's template names a token that is not in its vocabulary");
    side.push(found);
  }
  return frame;
}

/** The stretches of `text` that match and those between, in order, none empty. */
function cut(text: string, pattern: RegExp): { text: string; match: boolean }[] {
  const pieces: { text: string; match: boolean }[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (from < match.index) pieces.push({ text: text.slice(from, match.index), match: false });
    if (match[0] !== "") pieces.push({ text: match[0], match: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), match: false });
  return pieces;
}

/** Runs of `<0x..>` as the text of their bytes; a run that is not UTF-8 becomes one U+FFFD for each byte. */
function joinBytes(spellings: string[]): string[] {
  const out: string[] = [];
  let run: number[] = [];
  const flush = () => {
    if (run.length === 0) return;
    try {
      out.push(utf8Strict.decode(Uint8Array.from(run)));
    } catch {
      out.push("\ufffd".repeat(run.length));
    }
    run = [];
  };
  for (const spelling of spellings) {
    const byte = byteToken(spelling);
    if (byte !== undefined) run.push(byte);
    else {
      flush();
      out.push(spelling);
    }
  }
  flush();
  return out;
}

/** The byte that a token such as `<0x0A>` stands for. */
export function byteToken(spelling: string): number | undefined {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(spelling) ? Number.parseInt(spelling.slice(3, 5), 16) : undefined;
}

/** A pattern of Oniguruma, as tokenizers write them, for JavaScript. Throws `bad-file` when it cannot be said there (possessive `++`). */
function readPattern(json: unknown): RegExp {
  const pattern = parse(Pattern, json, "pattern");
  if ("String" in pattern) return new RegExp(quote(pattern.String), "gu");
  const source = pattern.Regex
    // (?i:'s|'t): only literals occur in it, so each letter stands for both cases.
    .replace(/\(\?i:([^()[\]\\]*)\)/g, (_, inner: string) => `(?:${inner.replace(/[a-z]/gi, anyCase)})`)
    .replace(/\\[\s\S]/g, (e) => (e === "\\s" ? "\\p{White_Space}" : e === "\\S" ? "\\P{White_Space}" : e));
  try {
    return new RegExp(source, "gu");
  } catch (cause) {
    throw new InksealError("bad-file", "the tokenizer has a pattern that JavaScript cannot read", { cause });
  }
}

/** Both cases of a letter, and the long s and the Kelvin sign that Unicode folds to s and k. */
function anyCase(letter: string): string {
  const lower = letter.toLowerCase();
  return `[${lower}${lower.toUpperCase()}${lower === "s" ? "ſ" : lower === "k" ? "\u212a" : ""}]`;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
