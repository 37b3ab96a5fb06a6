import { InksealError } from "@inkseal/core";
import type { GptConfig } from "../models/config.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { gptMemory } from "../train/estimate.ts";
import type { Weights } from "../weights.ts";
import { loadModel } from "./model-folder.ts";

/** The model that a student learns from, out of its folder. Throws as `loadModel`, and `cannot-do` for one that is no GPT. */
export async function loadTeacher(
  folder: string,
): Promise<{ readonly config: GptConfig; readonly weights: Weights; readonly tokenizer?: Tokenizer }> {
  const { config, weights, tokenizer } = await loadModel(folder);
  if (config.kind !== "gpt")
    throw new InksealError("cannot-do", `${folder} holds a ${config.kind}; only a gpt teaches another model`, {
      param: "distil.teacher",
    });
  return { config, weights, ...(tokenizer && { tokenizer }) };
}

/** Throws `bad-request` when the teacher has other tokens than the student, or reads less than it. */
export function checkTeacher(teacher: GptConfig, student: GptConfig, length: number): void {
  if (teacher.vocab !== student.vocab)
    throw new InksealError("bad-request", `the teacher has ${teacher.vocab} tokens, the student ${student.vocab}`, {
      param: "distil.teacher",
    });
  if (teacher.context < length)
    throw new InksealError("bad-request", `the teacher reads ${teacher.context} tokens, the student is taught on ${length}`, {
      param: "length",
    });
}

/** Bytes that a teacher takes beside a training on so many tokens at once: its weights, what its forward pass holds, what it shows. */
export function teacherMemory(teacher: GptConfig, tokens: number): number {
  const { parameters, activations } = gptMemory(teacher, { batch: tokens, length: 1, trained: 0 });
  return 4 * parameters + activations;
}
