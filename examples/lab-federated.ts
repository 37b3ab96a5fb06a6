// Three people train one language model on texts that never leave them: each is a process of its own that talks to the
// coordinator over TCP and shows it only masked updates, of which it learns nothing but the sum. One dies on the way.
//
//   npx tsx examples/lab-federated.ts
//
// Needs no server and no network. Between machines, connect by TLS: it is the transport that says who is who.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import {
  Coordinator,
  evaluationWindows,
  federate,
  GptConfigSchema,
  holdOut,
  initialGpt,
  languageTask,
  memoryTokens,
  mixedLoader,
  modelledMeter,
  Participant,
  seededRandom,
  TrainConfigSchema,
  toParameters,
  toWeights,
  train,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend, socketChannel } from "@inkseal/lab/node";

const texts = ["../README.md", "../docs/architecture.md", "../docs/guard.md"];
const rounds = 16;
const localSteps = 15;
const length = 32;
const model = GptConfigSchema.parse({ kind: "gpt", vocab: 128, context: length, layers: 2, width: 64, heads: 4 });
const backend = cpuBackend({ threads: 1, memory: 256 << 20 });

/** A text in ASCII (other letters as 127), of which the last tenth is held out. */
async function read(path: string) {
  const text = await readFile(new URL(path, import.meta.url), "utf8");
  const tokens = Uint16Array.from(text, (letter) => Math.min(127, letter.codePointAt(0)!));
  return holdOut(memoryTokens(tokens), 0.1);
}
type Source = Awaited<ReturnType<typeof read>>;

/** Some steps of training from `weights`; no moments are kept from round to round. */
async function trained(weights: Weights, sources: readonly Source[], steps: number, seed: number): Promise<Weights> {
  const parameters = toParameters(backend, weights);
  const [batch, evaluation] = [8, held(sources)];
  const loader = mixedLoader({ sources: sources.map((s) => ({ source: s.train, weight: 1 })), batch, length, seed });
  const task = languageTask({ backend, config: model, parameters, loader, batch, length, evaluation, seed });
  const how = { learningRate: 3e-3, schedule: "constant", warmup: 0, evaluateEvery: steps, seed, steps } as const;
  const options = TrainConfigSchema.parse({ model, data: [{ path: "" }], batch, out: "", ...how });
  for await (const _ of train(task, options, { now: () => 0, energy: modelledMeter(() => 0) }));
  const after = await toWeights(parameters);
  for (const p of parameters.values()) p.free();
  return after;
}
const held = (sources: readonly Source[]) =>
  sources.flatMap(({ held }) => evaluationWindows(held, { batch: 8, length, batches: 2 }));
/** Mean nats a letter over what everybody held out: for this page only, nobody could compute it without all texts. */
async function loss(weights: Weights, sources: readonly Source[]): Promise<string> {
  const parameters = toParameters(backend, weights);
  const [source] = sources;
  const loader = mixedLoader({ sources: [{ source: source!.train, weight: 1 }], batch: 1, length, seed: 1 });
  const task = languageTask({
    backend,
    config: model,
    parameters,
    loader,
    batch: 1,
    length,
    evaluation: held(sources),
    seed: 1,
  });
  const value = await task.evaluate();
  for (const p of parameters.values()) p.free();
  return value.toFixed(3);
}

/** A person's process: trains on its own text whenever it is asked. */
async function person(port: number, name: number): Promise<void> {
  const mine = await read(texts[name]!);
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const trainLocally = async (weights: Weights, round: number) => {
    if (name === 2 && round === 10) process.exit(); // the third dies while it trains
    const after = await trained(weights, [mine], localSteps, round + 1);
    const update = new Map(
      [...after].map(([key, { shape, data }]) => {
        const before = weights.get(key)!.data;
        return [key, { shape, data: data.map((x, i) => x - before[i]!) }];
      }),
    );
    return { update, examples: localSteps * 8 };
  };
  await new Participant(socketChannel(socket), { trainLocally }).finished;
}

async function main(): Promise<void> {
  const coordinator = new Coordinator({ random: seededRandom(1), range: 0.5 });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const people: ChildProcess[] = [];
  for (const name of texts.keys()) {
    people.push(fork(fileURLToPath(import.meta.url), [String(port), String(name)]));
    const [socket] = await once(server, "connection");
    coordinator.join(texts[name]!.split("/").at(-1)!, socketChannel(socket));
  }
  server.close();

  const sources = await Promise.all(texts.map(read));
  const start = initialGpt(model, seededRandom(1));
  console.log(`start     ${await loss(start, sources)} nats a letter`);
  const { weights } = await federate(coordinator, start, {
    rounds,
    onRound: async ({ round, participants, lost }, now) =>
      console.log(
        `round ${String(round).padStart(2)}  ${await loss(now, sources)}  ${participants.join(", ")}${lost.length > 0 ? `; lost ${lost.join(", ")}` : ""}`,
      ),
  });
  coordinator.close();
  for (const one of people) one.kill();

  console.log(`federated ${await loss(weights, sources)}`);
  console.log(
    `central   ${await loss(await trained(start, sources, rounds * localSteps, 1), sources)}  all texts in one place, as many steps`,
  );
}

const [port, name] = process.argv.slice(2).map(Number);
if (port !== undefined && name !== undefined) await person(port, name);
else await main();
backend.close();
