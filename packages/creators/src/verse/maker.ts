import { type Chunk, InksealError } from "@inkseal/core";
import { gptDecoder, readModel } from "@inkseal/lab";
import type { Maker, Place } from "../creator.ts";
import { compose } from "./compose.ts";
import { readCopies } from "./copies.ts";
import type { VerseJob } from "./job.ts";
import { lexiconsOf, planPiece } from "./plan-piece.ts";
import { toTraditional } from "./script/script.ts";

/** Loads the model. Throws `bad-file` for one that is no model of text. */
export async function openVerse(place: Place): Promise<Maker<VerseJob>> {
  const { config, weights, tokenizer } = await readModel((file) => place.read(file), "the folder of verse's weights");
  if (config.kind !== "gpt" || tokenizer === undefined)
    throw new InksealError(
      "bad-file",
      `verse's weights are of a ${config.kind}${tokenizer === undefined ? " without a tokenizer" : ""}`,
    );
  const copied = readCopies(await place.read("copies.bin"));
  // the steps are too small to share out
  const decoder = gptDecoder(place.backend({ threads: 1, memory: 256 << 20 }), config, weights);
  const lexicons = lexiconsOf(tokenizer);
  return {
    async *make(job, signal, drawOf) {
      let characters = 0;
      for (let index = 0; index < job.n; index++) {
        const piece = planPiece(job, lexicons);
        const { breakAfter } = piece.form;
        let lines = 0;
        const seed = job.seed + index;
        for (const sentence of compose(decoder, piece, { ...job, seed, copied, drawn: drawOf?.(index) })) {
          signal.throwIfAborted();
          const text = laidOut(job, sentence, lines, breakAfter);
          lines += sentence.length;
          characters += [...text].length;
          yield [{ index, text }];
        }
        const last = index === job.n - 1;
        yield [{ index, finish: "stop", ...(last && { usage: { outputTokens: characters, characters } }) } satisfies Chunk];
      }
    },
  };
}

/** A sentence of regulated verse is a line of text; a 词 has its parts apart. An answer ends without a mark, as couplets hang. */
function laidOut(job: VerseJob, sentence: readonly string[], before: number, breakAfter: number | undefined): string {
  let text = sentence.join("");
  if (job.form === "对联")
    text = job.upper === undefined ? text.replace("，", "\n").replace("。", "") : text.replace(/。$/, "");
  else if (before > 0) {
    if (job.form !== "词") text = `\n${text}`;
    else if (before === breakAfter) text = `\n\n${text}`;
  }
  return job.traditional ? toTraditional(text) : text;
}
