import type { Decoder, Sequence } from "@inkseal/lab";
import { NgramCache } from "../../src/code/cache.ts";
import { Completion } from "../../src/code/complete.ts";
import { Ending } from "../../src/code/ending.ts";
import type { CodeTokens } from "../../src/code/tokens.ts";
import type { LineTask } from "./lines.ts";
import type { SourcePackage } from "./sources.ts";

export interface Exact {
  /** Share of the lines whose rest was said exactly, blanks at the end aside. */
  readonly share: number;
  readonly lines: number;
}
export interface ExactOptions {
  readonly decoder: Decoder;
  readonly tokens: CodeTokens;
  /** The package's other files and the file itself in the cache; true by default. */
  readonly cache?: boolean;
  /** The lines after the gap are shown; true by default. */
  readonly suffix?: boolean;
}

/** How often the likeliest rest of a line is the one that people wrote. */
export function exactLines(packages: readonly SourcePackage[], tasks: readonly LineTask[], options: ExactOptions): Exact {
  const { decoder, tokens, cache = true, suffix = true } = options;
  let right = 0;
  for (const { name, sources } of packages) {
    const project = new NgramCache();
    if (cache) for (const { path, text } of sources) project.put(path, tokens.encode(text));
    const completion = new Completion(decoder, tokens, cache ? project : undefined);
    for (const task of tasks.filter((t) => t.package === name)) {
      project.remove(task.file);
      if (restOf(completion, task.prefix, suffix ? task.suffix : "").trimEnd() === task.rest.trimEnd()) right++;
      if (cache) project.put(task.file, tokens.encode(sources.find(({ path }) => path === task.file)!.text));
    }
    completion.close();
  }
  return { share: right / tasks.length, lines: tasks.length };
}

/** One line at its likeliest, as the creator makes it. */
export function restOf(completion: Completion, prefix: string, suffix: string): string {
  const ending = new Ending({ lines: 1, balance: true, stop: [], rest: suffix.split("\n", 1)[0]! });
  const utf8 = new TextDecoder();
  let text = "";
  for (const bytes of completion.generate({ prefix, suffix, temperature: 0, topP: 1, maxTokens: 64, random: () => 0 })) {
    text += ending.push(
      utf8.decode(
        Uint8Array.from(bytes, (c) => c.charCodeAt(0)),
        { stream: true },
      ),
    );
    if (ending.over) break;
  }
  return text + ending.flush();
}

/** A model that knows nothing, so that the cache speaks alone. */
export function knowNothing({ vocab }: Decoder): Decoder {
  const none: Sequence = { length: 0, truncate: () => undefined, fork: () => none, close: () => undefined };
  return { vocab, context: 512, open: () => none, feed: (work) => work.map(() => [new Float32Array(vocab)]) };
}

/** The rest that lines with the same beginning most often have, in `texts` and in the task's other files; of equals the first. */
export function mostFrequentRest(
  packages: readonly SourcePackage[],
  tasks: readonly LineTask[],
  texts: readonly string[],
): Exact {
  const known = texts.flatMap((text) => text.split("\n").map((line) => line.trim()));
  let right = 0;
  for (const task of tasks) {
    const others = packages.find(({ name }) => name === task.package)!.sources.filter(({ path }) => path !== task.file);
    const begin = task.prefix.slice(task.prefix.lastIndexOf("\n") + 1).trimStart();
    const counts = new Map<string, number>();
    const count = (line: string): void => {
      if (line.startsWith(begin)) counts.set(line.slice(begin.length), (counts.get(line.slice(begin.length)) ?? 0) + 1);
    };
    for (const line of known) count(line);
    for (const { text } of [...others, { text: task.prefix }]) for (const line of text.split("\n")) count(line.trim());
    const best = [...counts].reduce<[string, number]>((top, next) => (next[1] > top[1] ? next : top), ["", 0]);
    if (best[0] === task.rest.trimEnd()) right++;
  }
  return { share: right / tasks.length, lines: tasks.length };
}
