import { parentPort, workerData } from "node:worker_threads";
import { Coverage } from "./coverage.ts";
import { draws, mutate } from "./mutate.ts";
import { type FuzzTarget, tooLong, verdictOf } from "./target.ts";

/** What a thread that fuzzes is told. */
export interface Task {
  /** Module whose `targets` hold the target. */
  readonly module: string;
  readonly target: string;
  readonly seed: number;
  /** Inputs kept before. */
  readonly kept: readonly Uint8Array[];
  /** Where the input at work is written, so that whoever ends this thread knows it: length (4 bytes), bytes. */
  readonly at: SharedArrayBuffer;
}
export type Message =
  | { readonly kind: "kept"; readonly input: Uint8Array }
  | { readonly kind: "fault"; readonly input: Uint8Array; readonly said: string }
  | {
      readonly kind: "progress";
      readonly runs: number;
      readonly blocks: number;
      readonly first: number;
      readonly slowest: number;
    };

/** Inputs that are run before the coverage is asked for, which takes longer than a parser does. */
const batch = 24;

async function main({ module, target: name, seed, kept, at }: Task): Promise<void> {
  const { targets } = (await import(module)) as { targets: readonly FuzzTarget[] };
  const target = targets.find((t) => t.name === name) as FuzzTarget;
  const words = (target.words ?? []).map((w) => Uint8Array.from(w, (c) => c.charCodeAt(0)));
  const shared = { length: new Int32Array(at, 0, 1), bytes: new Uint8Array(at, 4) };
  const corpus = [...(await target.seeds()), ...kept].filter((s) => s.length <= shared.bytes.length);
  const coverage = new Coverage();
  coverage.start();
  let slowest = 0;
  const run = async (input: Uint8Array): Promise<void> => {
    shared.bytes.set(input);
    Atomics.store(shared.length, 0, input.length);
    const before = process.cpuUsage();
    const said = await verdictOf(target, input);
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1000;
    slowest = Math.max(slowest, took);
    if (took > tooLong)
      parentPort?.postMessage({ kind: "fault", input, said: `it took ${took} ms of processor` } satisfies Message);
    if (said !== undefined) parentPort?.postMessage({ kind: "fault", input, said } satisfies Message);
  };
  for (const input of corpus) await run(input);
  coverage.news();
  const first = coverage.blocks;
  parentPort?.postMessage({ kind: "progress", runs: 0, blocks: first, first, slowest: 0 } satisfies Message);
  slowest = 0; // what the first run of each function takes is not the parser's
  const draw = draws(seed);
  const pick = (): Uint8Array =>
    corpus[draw(2) === 0 ? draw(corpus.length) : corpus.length - 1 - draw(Math.min(corpus.length, 16))] as Uint8Array;
  for (let runs = 0; ; ) {
    const tried: Uint8Array[] = [];
    for (let i = 0; i < batch; i++) tried.push(mutate(pick(), corpus[draw(corpus.length)] as Uint8Array, words, draw));
    for (const input of tried) await run(input);
    runs += batch;
    const news = coverage.news();
    if (news.length > 0) corpus.push(...(await bringing(news, tried)));
    parentPort?.postMessage({ kind: "progress", runs, blocks: coverage.blocks, first, slowest } satisfies Message);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Which of a batch brought something new: each by itself, again. */
  async function bringing(news: readonly string[], tried: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const left = new Set(news);
    const found: Uint8Array[] = [];
    for (const input of tried) {
      await verdictOf(target, input);
      const brought = coverage.ran().filter((key) => left.has(key));
      if (brought.length === 0) continue;
      for (const key of brought) left.delete(key);
      found.push(input);
      parentPort?.postMessage({ kind: "kept", input } satisfies Message);
      if (left.size === 0) break;
    }
    return found;
  }
}

await main(workerData as Task);
