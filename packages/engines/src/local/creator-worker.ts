/** The thread of one creator: its jobs one after another. Speaks `ThreadAsk` and `ThreadWord` with `ModelThread`. */
import { parentPort, workerData } from "node:worker_threads";
import { type Chunk, InksealError, type WordMark } from "@inkseal/core";
import { creatorOf, type Maker } from "@inkseal/creators";
import { nodePlace } from "@inkseal/creators/node";
import { type MarkedDraw, markedDraw } from "@inkseal/mark/draw";
import { plainError, type ThreadAsk, type ThreadWord } from "./thread-words.ts";

export interface CreatorWorkerStart {
  /** Of the creator. */
  readonly name: string;
  readonly folder: string;
  readonly threads: number | undefined;
}

/** A run as the thread gets it. */
export interface CreatorRun<Job> {
  readonly job: Job;
  /** What words are marked with while they are drawn. */
  readonly wordMark: WordMark | undefined;
}

interface Run {
  readonly leave: AbortController;
  /** Ends when a slow reader has caught up. */
  held: Promise<void> | undefined;
  release: () => void;
}

const say = (word: ThreadWord): void => parentPort!.postMessage(word);
const runs = new Map<number, Run>();

async function work(maker: Maker<unknown>, number: number, { job, wordMark }: CreatorRun<unknown>): Promise<void> {
  const run = runs.get(number);
  if (run === undefined) return; // left before its turn
  const drawn = new Map<number, MarkedDraw>();
  const drawOf = (choice: number): MarkedDraw => {
    const draw = markedDraw(wordMark!);
    drawn.set(choice, draw);
    return draw;
  };
  /** Says, where a choice ends, what its words carry. */
  const marked = (chunk: Chunk): Chunk => {
    const mark = chunk.finish === undefined ? undefined : drawn.get(chunk.index)?.mark();
    return mark === undefined ? chunk : { ...chunk, mark };
  };
  try {
    for await (const chunks of maker.make(job, run.leave.signal, wordMark && drawOf)) {
      if (chunks.length > 0) say({ type: "chunks", run: number, chunks: chunks.map(marked) });
      await new Promise(setImmediate); // lets messages in
      await run.held;
      if (run.leave.signal.aborted) return;
    }
    say({ type: "done", run: number });
  } catch (error) {
    if (!run.leave.signal.aborted) say({ type: "failed", run: number, error: plainError(InksealError.from(error)) });
  } finally {
    runs.delete(number);
  }
}

function hear(ask: ThreadAsk<CreatorRun<unknown>>): void {
  const run = runs.get(ask.run);
  if (ask.type === "run") runs.set(ask.run, { leave: new AbortController(), held: undefined, release: () => undefined });
  else if (ask.type === "hold" && run !== undefined) {
    run.release();
    run.held = ask.held ? new Promise((resolve) => (run.release = resolve)) : undefined;
  } else if (ask.type === "leave" && run !== undefined) {
    runs.delete(ask.run);
    run.leave.abort();
    run.release();
  }
}

const { name, folder, threads } = workerData as CreatorWorkerStart;
try {
  const creator = creatorOf(name);
  if (creator === undefined) throw new InksealError("internal", `there is no creator ${name}`);
  const maker = await creator.open(nodePlace(folder, threads));
  let last = Promise.resolve();
  parentPort!.on("message", (ask: ThreadAsk<CreatorRun<unknown>>) => {
    hear(ask);
    if (ask.type === "run") last = last.then(() => work(maker, ask.run, ask.job));
  });
  say({ type: "loaded" });
} catch (error) {
  say({ type: "unloadable", error: plainError(InksealError.from(error)) });
}
