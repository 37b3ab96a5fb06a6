import type { Chunk } from "@inkseal/core";
import { type GptDecoder, seededRandom } from "@inkseal/lab";
import type { Maker, TokenDraw } from "../creator.ts";
import { NgramCache } from "./cache.ts";
import { Completion } from "./complete.ts";
import { Ending } from "./ending.ts";
import type { CodeFile, CodeJob } from "./job.ts";
import type { LearntLines } from "./originals.ts";
import type { CodeTokens } from "./tokens.ts";

/** Fills gaps. What was read and counted for one job is kept for the next: somebody who types asks for nearly the same again. */
export function codeMaker(decoder: GptDecoder, tokens: CodeTokens, learnt: LearntLines): Maker<CodeJob> {
  const project = new Project(tokens);
  const completion = new Completion(decoder, tokens, project.cache);

  /** One choice, piece by piece. */
  function* choice(
    job: CodeJob,
    index: number,
    used: { tokens: number },
    drawn: TokenDraw | undefined,
  ): Generator<string, Chunk["finish"]> {
    const ending = new Ending({ ...job, rest: job.suffix.split("\n", 1)[0]! });
    const utf8 = new TextDecoder();
    const generated = completion.generate({
      ...{ prefix: job.prefix, suffix: job.suffix, topP: job.topP, maxTokens: job.maxTokens },
      ...{ random: seededRandom(job.seed + index), drawn },
      temperature: job.temperature ?? (index === 0 ? 0 : 0.6),
    });
    for (;;) {
      const { done, value } = generated.next();
      if (done) {
        const left = ending.flush();
        if (left !== "") yield left;
        return value === "length" ? "length" : "stop";
      }
      used.tokens++;
      yield ending.push(utf8.decode(bytesOf(value), { stream: true }));
      if (ending.over) return "stop";
    }
  }

  return {
    async *make(job, signal, drawOf): AsyncGenerator<readonly Chunk[]> {
      project.become(job.files);
      const used = { tokens: 0 };
      for (let index = 0; index < job.choices; index++) {
        const all = choice(job, index, used, drawOf?.(index));
        const pieces = job.original ? withoutCopies(all, job.prefix, learnt) : all;
        let finish: Chunk["finish"];
        for (;;) {
          if (signal.aborted) return;
          const { done, value } = pieces.next();
          if (done) {
            finish = value;
            break;
          }
          if (value !== "") yield [{ index, text: value }];
        }
        const usage = { inputTokens: completion.read, outputTokens: used.tokens };
        yield [{ index, finish, ...(index === job.choices - 1 && { usage }) }];
      }
    },
  };
}

/** Holds each line back until it is whole, and ends before one that was learnt. */
function* withoutCopies(
  pieces: Generator<string, Chunk["finish"]>,
  prefix: string,
  learnt: LearntLines,
): Generator<string, Chunk["finish"]> {
  let begun = prefix.slice(prefix.lastIndexOf("\n") + 1);
  let line = "";
  for (;;) {
    const { done, value } = pieces.next();
    if (done) {
      if (learnt.has(begun + line)) return "content_filter";
      if (line !== "") yield line;
      return value;
    }
    line += value;
    for (let end = line.indexOf("\n"); end >= 0; end = line.indexOf("\n")) {
      if (learnt.has(begun + line.slice(0, end))) return "content_filter";
      yield line.slice(0, end + 1);
      line = line.slice(end + 1);
      begun = "";
    }
  }
}

const bytesOf = (spelled: string): Uint8Array => Uint8Array.from(spelled, (character) => character.charCodeAt(0));

/** The files of the project, as far as they are known. */
class Project {
  readonly cache = new NgramCache();
  readonly #tokens: CodeTokens;
  #known = new Map<string, string>();

  constructor(tokens: CodeTokens) {
    this.#tokens = tokens;
  }
  /** Only files that came, changed or went cost anything. */
  become(files: readonly CodeFile[]): void {
    const now = new Map(files.map(({ name, text }) => [name, text]));
    for (const name of this.#known.keys()) if (!now.has(name)) this.cache.remove(name);
    for (const [name, text] of now) if (this.#known.get(name) !== text) this.cache.put(name, this.#tokens.encode(text));
    this.#known = now;
  }
}
