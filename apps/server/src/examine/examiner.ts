import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import { InksealError } from "@inkseal/core";
import type { ExamineAnswer, ExamineAsk, ExamineStart, Unexamined } from "./words.ts";

export interface ExamineLimits {
  /** Processes at once. */
  readonly processes: number;
  /** Files that may wait for one. */
  readonly waiting: number;
  /** Milliseconds that one look at a file may take. */
  readonly timeMs: number;
  /** Bytes that a process may hold. Watched where the system tells (Linux); elsewhere only the heap of JavaScript is bounded. */
  readonly memory: number;
  /** Milliseconds after which an idle process is ended. */
  readonly idleMs: number;
}

/** Thrown where a look at a file was stopped, or ended its process. */
export class Stopped extends Error {
  readonly why: Unexamined;
  constructor(why: Unexamined) {
    super(`examining the file was stopped: ${why}`);
    this.why = why;
  }
}

/** How often memory is looked at; a decoder fills a gigabyte in about a second. */
const watchMs = 50;
/** A start takes a second; on a busy machine ten. */
const startMs = 120_000;

interface Desk {
  readonly child: ChildProcess;
  rest: NodeJS.Timeout | undefined;
}

/** A few processes that look at files: bounded in number, time and memory. One that is ended is replaced when the next file comes. */
export class Examiner {
  readonly #start: ExamineStart;
  readonly #limits: ExamineLimits;
  readonly #idle: Desk[] = [];
  readonly #all = new Set<Desk>();
  readonly #queue: (() => void)[] = [];
  #busy = 0;
  #closed = false;

  constructor(start: ExamineStart, limits: ExamineLimits) {
    this.#start = start;
    this.#limits = limits;
  }

  /** Throws `Stopped`; `overloaded` when too many wait; and the error that the examination ended in. */
  async ask(ask: ExamineAsk): Promise<unknown> {
    await this.#turn();
    try {
      const desk = this.#idle.pop() ?? (await this.#open());
      clearTimeout(desk.rest);
      const value = await this.#put(desk, ask, this.#limits.timeMs);
      if (this.#closed) this.#end(desk);
      else {
        this.#idle.push(desk);
        desk.rest = setTimeout(() => this.#end(desk), this.#limits.idleMs).unref();
      }
      return value;
    } finally {
      this.#busy--;
      this.#queue.shift()?.();
    }
  }

  close(): void {
    this.#closed = true;
    for (const desk of [...this.#all]) this.#end(desk);
  }

  async #turn(): Promise<void> {
    if (this.#closed) throw new InksealError("shutting-down", "no more files are examined");
    if (this.#busy >= this.#limits.processes) {
      if (this.#queue.length >= this.#limits.waiting)
        throw new InksealError("overloaded", `${this.#queue.length} files wait to be examined`, { retryAfter: 10 });
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    this.#busy++;
  }

  async #open(): Promise<Desk> {
    const { spawnProcess } = await import("@inkseal/lab/node");
    const desk: Desk = { child: spawnProcess(new URL("./process.ts", import.meta.url)), rest: undefined };
    desk.child.unref();
    desk.child.channel?.unref();
    this.#all.add(desk);
    desk.child.once("exit", () => this.#forget(desk));
    desk.child.on("error", () => this.#end(desk)); // a message to a process that is gone
    await this.#put(desk, { verb: "start", options: this.#start }, startMs);
    return desk;
  }

  /** One question and its answer; what takes too long or too much ends the process. */
  #put(desk: Desk, ask: ExamineAsk, timeMs: number): Promise<unknown> {
    const { child } = desk;
    return new Promise<unknown>((resolve, reject) => {
      let why: Unexamined = "crash";
      const stop = (reason: Unexamined): void => {
        why = reason;
        this.#end(desk);
      };
      const timer = setTimeout(() => stop("time"), timeMs);
      const watch = setInterval(() => {
        void residentBytes(child.pid).then((bytes) => bytes > this.#limits.memory && stop("memory"));
      }, watchMs);
      const over = (): void => {
        clearTimeout(timer);
        clearInterval(watch);
        child.off("message", onMessage);
        child.off("exit", onExit);
      };
      const onMessage = (answer: ExamineAnswer): void => {
        over();
        if ("error" in answer) reject(new InksealError(answer.error.code, answer.error.message));
        else resolve(answer.value);
      };
      const onExit = (): void => {
        over();
        reject(new Stopped(why));
      };
      child.on("message", onMessage);
      child.once("exit", onExit);
      if (child.exitCode !== null || child.signalCode !== null) onExit();
      else child.send(ask);
    });
  }

  #end(desk: Desk): void {
    this.#forget(desk);
    desk.child.kill("SIGKILL");
  }

  #forget(desk: Desk): void {
    clearTimeout(desk.rest);
    this.#all.delete(desk);
    const at = this.#idle.indexOf(desk);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

/** What a process holds in memory; 0 where that is not told. */
async function residentBytes(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, "latin1").catch(() => "");
  return (Number(text.split(" ")[1]) || 0) * 4096;
}
