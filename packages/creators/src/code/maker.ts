import type { Chunk } from "@inkseal/core";
import { type GptDecoder, seededRandom } from "@inkseal/lab";
import type { Maker } from "../creator.ts";
import { NgramCache } from "./cache.ts";
import { Completion } from "./complete.ts";
import { Ending } from "./ending.ts";
import type { CodeFile, CodeJob } from "./job.ts";
import type { CodeTokens } from "./tokens.ts";

/** Fills gaps. What was read and counted for one job is kept for the next: somebody who types asks for nearly the same again. */
export function codeMaker(decoder: GptDecoder, tokens: CodeTokens): Maker<CodeJob> {
  const project = new Project(tokens);
  const completion = new Completion(decoder, tokens, project.cache);
  return {
    async *make(job: CodeJob, signal: AbortSignal): AsyncGenerator<readonly Chunk[]> {
      project.become(job.files);
      let outputTokens = 0;
      for (let index = 0; index < job.choices; index++) {
        const random = seededRandom(job.seed + index);
        const ending = new Ending({ ...job, rest: job.suffix.split("\n", 1)[0]! });
        const utf8 = new TextDecoder();
        const generated = completion.generate({
          ...{ prefix: job.prefix, suffix: job.suffix, topP: job.topP, maxTokens: job.maxTokens, random },
          temperature: job.temperature ?? (index === 0 ? 0 : 0.6),
        });
        let finish: Chunk["finish"] = "stop";
        while (!ending.over) {
          if (signal.aborted) return;
          const { done, value } = generated.next();
          if (done) {
            if (value === "length") finish = "length";
            break;
          }
          outputTokens++;
          const text = ending.push(utf8.decode(bytesOf(value), { stream: true }));
          if (text !== "") yield [{ index, text }];
        }
        const left = ending.flush();
        const usage = index === job.choices - 1 ? { usage: { inputTokens: completion.read, outputTokens } } : {};
        yield [{ index, ...(left !== "" && { text: left }), finish, ...usage }];
      }
    },
  };
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
