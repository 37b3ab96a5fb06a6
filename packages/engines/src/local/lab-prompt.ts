import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { InksealError } from "@inkseal/core";
import type { Tokenizer } from "@inkseal/lab";
import type { Turn } from "./lab-job.ts";

/** How a model wants its prompts: from tokenizer_config.json. */
export interface PromptForm {
  readonly template: Template | undefined;
  /** Special tokens by the names that templates use. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Ids that end a text. */
  readonly ends: readonly number[];
}

/** Tokens that end a text, where tokenizer_config.json names none: GPT-2's, Llama 2's and 3's, ChatML's. */
const usualEnds = ["<|endoftext|>", "</s>", "<|eot_id|>", "<|im_end|>"];

/** Reads a model folder's form. Throws `bad-file` for a template that is none. */
export async function readPromptForm(folder: string, tokenizer: Tokenizer): Promise<PromptForm> {
  const text = await readFile(join(folder, "tokenizer_config.json"), "utf8").catch(() => "{}");
  const config = JSON.parse(text) as Record<string, unknown>;
  const spelling = (value: unknown): string | undefined =>
    typeof value === "string" ? value : (value as { content?: string } | null | undefined)?.content;
  const tokens: Record<string, string> = {};
  for (const name of ["bos_token", "eos_token", "unk_token", "pad_token"]) {
    const token = spelling(config[name]);
    if (token !== undefined) tokens[name] = token;
  }
  const ends = new Set([tokens.eos_token ?? "", ...usualEnds].flatMap((end) => tokenizer.special.get(end) ?? []));
  const source = config.chat_template;
  return { template: typeof source === "string" ? templateOf(source) : undefined, tokens, ends: [...ends] };
}

function templateOf(source: string): Template {
  try {
    return new Template(source);
  } catch (cause) {
    throw new InksealError("bad-file", "the model's chat template cannot be read", { cause });
  }
}

/** Stands for the words of turn n while a template is filled: no template and no text of a tokenizer has these characters. */
const place = (n: number): string => `\u{f0000}${n}\u{f0001}`;

/**
 * A prompt as tokens. What people said is ordinary text, though it spell a special token; what the template puts around it is not.
 * Throws `bad-request` for what the template refuses, or a character that the tokenizer does not have.
 */
export function tokensOf(prompt: string | readonly Turn[], { template, tokens }: PromptForm, tokenizer: Tokenizer): number[] {
  if (typeof prompt === "string") return [...tokenizer.frame.before, ...tokenizer.encode(prompt, { plain: true })];
  if (template === undefined) throw new InksealError("cannot-do", "this model has no chat template", { param: "model" });
  let filled: string;
  try {
    const messages = prompt.map(({ role }, n) => ({ role, content: place(n) }));
    filled = template.render({ ...tokens, messages, add_generation_prompt: true });
  } catch (cause) {
    throw new InksealError("bad-request", `messages: the model's chat template refuses them: ${(cause as Error).message}`, {
      param: "messages",
      cause,
    });
  }
  return filled
    .split(/\u{f0000}(\d+)\u{f0001}/u)
    .flatMap((part, i) =>
      i % 2 === 0 ? tokenizer.encode(part) : tokenizer.encode(prompt[Number(part)]!.content, { plain: true }),
    );
}
