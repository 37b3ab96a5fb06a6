/** The thread of one model: all its runs go on in one batch. Speaks `ThreadAsk` and `ThreadWord` with `ModelThread`. */
import { parentPort, workerData } from "node:worker_threads";
import { type Chunk, InksealError } from "@inkseal/core";
import {
  Batch,
  constrain,
  curvature,
  type Decoder,
  type Generated,
  gptDecoder,
  grammar,
  type Language,
  type LogitsHook,
  logitBias,
  openEnd,
  type Tokenizer,
} from "@inkseal/lab";
import { cpuBackend, loadCompressed } from "@inkseal/lab/node";
import { type MarkedDraw, markedDraw } from "@inkseal/mark/draw";
import type { LabJob } from "./lab-job.ts";
import { type PromptForm, readPromptForm, tokensOf } from "./lab-prompt.ts";
import { plainError, type ThreadAsk, type ThreadWord } from "./thread-words.ts";

export interface LabWorkerStart {
  readonly folder: string;
  readonly threads: number | undefined;
  /** Sequences side by side. */
  readonly parallel: number;
}

const mostChoices = 16;
/** Grammars whose automata are kept. */
const mostGrammars = 16;

interface Run {
  readonly inputTokens: number;
  outputTokens: number;
  open: number;
  readonly choices: readonly Choice[];
}
interface Choice {
  readonly utf8: TextDecoder;
  /** Of a constraint without an end token: the text was whole before the newest token. */
  readonly over: () => boolean;
  readonly draw: MarkedDraw | undefined;
  begun: boolean;
}

const say = (word: ThreadWord): void => parentPort!.postMessage(word);

class Runs {
  readonly #batch: Batch;
  readonly #decoder: Decoder;
  readonly #tokenizer: Tokenizer;
  readonly #form: PromptForm;
  readonly #context: number;
  readonly #vocabulary: readonly Uint8Array[];
  readonly #runs = new Map<number, Run>();
  readonly #grammars = new Map<string, Language>();
  #going = false;

  constructor({ decoder, tokenizer, form }: { decoder: Decoder; tokenizer: Tokenizer; form: PromptForm }, parallel: number) {
    this.#vocabulary = Array.from({ length: tokenizer.vocab }, (_, id) => tokenizer.token(id));
    this.#batch = new Batch(decoder, { parallel, vocabulary: this.#vocabulary });
    this.#decoder = decoder;
    this.#tokenizer = tokenizer;
    this.#form = form;
    this.#context = decoder.context;
  }

  hear(ask: ThreadAsk<LabJob>): void {
    if (ask.type === "run") {
      try {
        this.#begin(ask.run, ask.job);
      } catch (error) {
        this.#fail(ask.run, error);
      }
    } else if (ask.type === "hold") {
      this.#runs.get(ask.run)?.choices.forEach((_, i) => {
        this.#batch.hold(ask.run * mostChoices + i, ask.held);
      });
    } else this.#leave(ask.run);
    void this.#go();
  }

  #judge(run: number, job: LabJob): void {
    const tokens = tokensOf(job.prompt, this.#form, this.#tokenizer);
    say({ type: "chunks", run, chunks: [{ index: 0, json: curvature(this.#decoder, tokens) ?? null, finish: "stop" }] });
    say({ type: "done", run });
  }

  #begin(run: number, job: LabJob): void {
    if (job.judge) return this.#judge(run, job);
    const prompt = tokensOf(job.prompt, this.#form, this.#tokenizer);
    const room = this.#context - prompt.length;
    if (room < 1)
      throw new InksealError(
        "too-large",
        `the prompt has ${prompt.length} tokens and the model's context holds ${this.#context}`,
        {
          param: "messages",
        },
      );
    const ends = this.#form.ends;
    if (job.grammar !== undefined && ends.length === 0 && job.stop.length > 0)
      throw new InksealError("cannot-do", "this model has no end token: a grammar and stop strings exclude each other here", {
        param: "stop",
      });
    const maxTokens = Math.min(job.maxTokens ?? room, room);
    const choices: Choice[] = [];
    this.#runs.set(run, { inputTokens: prompt.length, outputTokens: 0, open: job.choices, choices });
    for (let i = 0; i < job.choices; i++) {
      const bound =
        job.grammar === undefined ? undefined : constrain(this.#language(job.grammar), this.#vocabulary, ends, maxTokens);
      const open = bound !== undefined && ends.length === 0 ? openEnd(bound) : undefined;
      const constraint = open ?? bound;
      const draw = job.wordMark && markedDraw(job.wordMark);
      this.#batch.add(run * mostChoices + i, prompt, {
        seed: job.seed + i,
        sampling: { ...job.sampling, repeatLastN: -1 },
        hooks: [
          onlyKnown(this.#vocabulary.length),
          ...(job.bias === undefined ? [] : [logitBias(job.bias as Readonly<Record<number, number>>)]),
          ...(constraint === undefined ? [] : [constraint]),
        ],
        maxTokens,
        stopTokens: ends,
        stop: job.stop,
        ...(draw && { draw }),
      });
      choices.push({ utf8: new TextDecoder(), over: () => open?.over === true, draw, begun: false });
    }
  }

  /** Steps as long as there is something to do, and lets messages in between. */
  async #go(): Promise<void> {
    if (this.#going) return;
    this.#going = true;
    while (this.#batch.busy) {
      try {
        const made = this.#batch.step((number, error) => this.#fail(Math.floor(number / mostChoices), error));
        for (const [run, chunks] of this.#chunksOf(made)) {
          say({ type: "chunks", run, chunks });
          if (this.#runs.get(run)?.open !== 0) continue;
          this.#runs.delete(run);
          say({ type: "done", run });
        }
      } catch (error) {
        for (const run of [...this.#runs.keys()]) this.#fail(run, error); // the decoder's pass is everybody's
      }
      await new Promise(setImmediate);
    }
    this.#going = false;
  }

  #chunksOf(made: readonly Generated[]): Map<number, Chunk[]> {
    const all = new Map<number, Chunk[]>();
    for (const { sequence, token, stop, bytes } of made) {
      const number = Math.floor(sequence / mostChoices);
      const run = this.#runs.get(number);
      const index = sequence % mostChoices;
      const choice = run?.choices[index];
      if (run === undefined || choice === undefined) continue;
      const whole = choice.over();
      if (whole) this.#batch.remove(sequence);
      else run.outputTokens++;
      const over = stop !== undefined || whole;
      const spelt = stop === "end" || whole ? new Uint8Array(0) : this.#vocabulary[token]!.subarray(0, bytes);
      const text = choice.utf8.decode(spelt, { stream: true }); // half a character at the very end is dropped
      const chunks = all.get(number) ?? [];
      all.set(number, chunks);
      const last = over && --run.open === 0;
      const mark = over ? choice.draw?.mark() : undefined;
      chunks.push({
        index,
        ...((text !== "" || !choice.begun) && { text }),
        ...(over && { finish: stop === "length" && !whole ? "length" : "stop" }),
        ...(mark && { mark }),
        ...(last && { usage: { inputTokens: run.inputTokens, outputTokens: run.outputTokens } }),
      });
      choice.begun = true;
    }
    return all;
  }

  #language(gbnf: string): Language {
    let language = this.#grammars.get(gbnf);
    this.#grammars.delete(gbnf); // back in at the young end
    language ??= grammar(gbnf);
    this.#grammars.set(gbnf, language);
    if (this.#grammars.size > mostGrammars) this.#grammars.delete(this.#grammars.keys().next().value as string);
    return language;
  }

  #leave(run: number): void {
    this.#runs.get(run)?.choices.forEach((_, i) => {
      this.#batch.remove(run * mostChoices + i);
    });
    this.#runs.delete(run);
  }

  #fail(run: number, error: unknown): void {
    for (let i = 0; i < mostChoices; i++) this.#batch.remove(run * mostChoices + i);
    this.#runs.delete(run);
    say({ type: "failed", run, error: plainError(InksealError.from(error)) });
  }
}

/** Models round their vocabulary up: what the tokenizer cannot spell is never chosen. */
const onlyKnown =
  (known: number): LogitsHook =>
  (logits) => {
    logits.fill(Number.NEGATIVE_INFINITY, known);
  };

const { folder, threads, parallel } = workerData as LabWorkerStart;
try {
  const { config, weights, tokenizer } = await loadCompressed(folder);
  if (config.kind !== "gpt" || tokenizer === undefined)
    throw new InksealError("bad-file", "the model is no language model with a tokenizer");
  const decoder = gptDecoder(cpuBackend({ threads, memory: 2 ** 32 - 65_536 }), config, weights);
  const runs = new Runs({ decoder, tokenizer, form: await readPromptForm(folder, tokenizer) }, parallel);
  parentPort!.on("message", (ask: ThreadAsk<LabJob>) => runs.hear(ask));
  say({ type: "loaded" });
} catch (error) {
  say({ type: "unloadable", error: plainError(InksealError.from(error)) });
}
