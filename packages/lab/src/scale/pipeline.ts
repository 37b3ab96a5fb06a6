import { pipeEnd, type SharedPipe, sharedPipe } from "./shared-pipe.ts";

/** One pass of a micro-batch through the layers of a stage. */
export interface Pass {
  readonly pass: "forward" | "backward";
  readonly micro: number;
}

/**
 * What a stage does in one step, in order: 1F1B (Narayanan et al. 2019, with a flush after each step). It runs ahead by as many micro-batches
 * as stages come after it, then takes one forward and one back in turn. So it holds the activations of at most stages - stage micro-batches,
 * and is idle for stages - 1 of stages - 1 + micros turns, as in GPipe, which would hold all. Forwards and backwards go from micro-batch 0 up.
 */
export function pipelineSchedule(stage: number, stages: number, micros: number): Pass[] {
  const ahead = Math.min(stages - 1 - stage, micros);
  const passes: Pass[] = [];
  for (let micro = 0; micro < ahead; micro++) passes.push({ pass: "forward", micro });
  for (let micro = 0; micro < micros; micro++) {
    if (ahead + micro < micros) passes.push({ pass: "forward", micro: ahead + micro });
    passes.push({ pass: "backward", micro });
  }
  return passes;
}
/** Micro-batches whose activations a stage holds at once. */
export const heldAt = (stage: number, stages: number, micros: number): number => Math.min(stages - stage, micros);

/** Floats from stage to stage, in order; both calls block and throw `LostRank`. */
export interface StageLinks {
  send(to: number, values: Float32Array): void;
  receive(from: number, into: Float32Array): void;
}

/** Pipes between the stages of a pipeline on one machine, by "from>to". */
export type SharedStages = Readonly<Record<string, SharedPipe>>;

/**
 * Pipes between neighbours, each with room for one micro-batch of `activation` floats, which is as much as the schedule needs so that nobody waits in
 * a circle; and with `tied` floats between the ends, for the gradient of an embedding that both of them hold.
 */
export function sharedStages(
  stages: number,
  { activation, tied }: { readonly activation: number; readonly tied: number },
): SharedStages {
  const room = new Map<string, number>();
  const both = (a: number, b: number, floats: number) => {
    for (const key of [`${a}>${b}`, `${b}>${a}`]) room.set(key, Math.max(room.get(key) ?? 0, floats));
  };
  for (let stage = 1; stage < stages; stage++) both(stage - 1, stage, activation);
  if (tied > 0 && stages > 1) both(0, stages - 1, stages === 2 ? activation + tied : tied);
  return Object.fromEntries([...room].map(([key, floats]) => [key, sharedPipe(floats)]));
}
export function stageLinks(shared: SharedStages, stage: number, timeout?: number): StageLinks {
  const ends = new Map(
    Object.entries(shared).map(([key, pipe]) => {
      const [from, to] = key.split(">").map(Number) as [number, number];
      return [key, pipeEnd(pipe, from === stage ? to : from, timeout)];
    }),
  );
  return {
    send: (to, values) => ends.get(`${stage}>${to}`)!.send(values),
    receive: (from, into) => ends.get(`${from}>${stage}`)!.receive(into),
  };
}
