import { once } from "node:events";
import fc from "fast-check";
import { expect, it } from "vitest";
import { spawnWorker } from "../node/spawn-worker.ts";
import { heldAt, type Pass, pipelineSchedule } from "./pipeline.ts";
import { pipeEnd, sharedPipe } from "./shared-pipe.ts";

const sizes = { stages: fc.integer({ min: 1, max: 8 }), micros: fc.integer({ min: 1, max: 16 }) };

/**
 * The turns that a step takes when a pass is one turn, with pipes that hold one message, and the embedding's gradient from the last stage to the
 * first after each backward pass. Throws when nobody can go on.
 */
function play(stages: number, micros: number): { turns: number; held: number[] } {
  const left: Pass[][] = Array.from({ length: stages }, (_, s) => pipelineSchedule(s, stages, micros));
  const pipes = new Map<string, number>();
  const full = (from: number, to: number) => pipes.get(`${from}>${to}`) ?? 0;
  const put = (from: number, to: number, by: number) => pipes.set(`${from}>${to}`, full(from, to) + by);
  const [held, most] = [new Array<number>(stages).fill(0), new Array<number>(stages).fill(0)];
  let turns = 0;
  for (; left.some((passes) => passes.length > 0); turns++) {
    const before = new Map(pipes);
    const was = (from: number, to: number) => before.get(`${from}>${to}`) ?? 0;
    let moved = false;
    for (let s = 0; s < stages; s++) {
      const next = left[s]![0];
      if (next === undefined) continue;
      const forward = next.pass === "forward";
      const [from, to] = forward ? [s - 1, s + 1] : [s + 1, s - 1];
      const inside = (stage: number) => stage >= 0 && stage < stages;
      const tied = stages > 2 && !forward;
      if (inside(from) && was(from, s) === 0) continue;
      if (inside(to) && was(s, to) === 1) continue;
      if (tied && s === 0 && was(stages - 1, 0) === 0) continue;
      if (tied && s === stages - 1 && was(s, 0) === 1) continue;
      if (inside(from)) put(from, s, -1);
      if (inside(to)) put(s, to, 1);
      if (tied && s === 0) put(stages - 1, 0, -1);
      if (tied && s === stages - 1) put(s, 0, 1);
      held[s]! += forward ? 1 : -1;
      most[s] = Math.max(most[s]!, held[s]!);
      left[s]!.shift();
      moved = true;
    }
    if (!moved) throw new Error(`${stages} stages wait in a circle with ${micros} micro-batches`);
  }
  return { turns, held: most };
}

it("takes each micro-batch forward and back once, in order, and never waits in a circle", () => {
  fc.assert(
    fc.property(fc.record(sizes), ({ stages, micros }) => {
      for (let stage = 0; stage < stages; stage++) {
        const passes = pipelineSchedule(stage, stages, micros);
        for (const pass of ["forward", "backward"] as const)
          expect(passes.filter((p) => p.pass === pass).map((p) => p.micro)).toEqual(
            Array.from({ length: micros }, (_, i) => i),
          );
      }
      const { turns, held } = play(stages, micros);
      expect(held).toEqual(held.map((_, stage) => heldAt(stage, stages, micros)));
      expect(turns).toBeGreaterThanOrEqual(2 * (micros + stages - 1));
      if (stages <= 2) expect(turns).toBe(2 * (micros + stages - 1));
    }),
  );
});

it("is the schedule of the paper's figure", () => {
  const text = (stage: number) =>
    pipelineSchedule(stage, 4, 6)
      .map((p) => `${p.pass[0]}${p.micro}`)
      .join(" ");
  expect(text(0)).toBe("f0 f1 f2 f3 b0 f4 b1 f5 b2 b3 b4 b5");
  expect(text(3)).toBe("f0 b0 f1 b1 f2 b2 f3 b3 f4 b4 f5 b5");
});

it("carries floats between threads, every bit, through a pipe smaller than the message", async () => {
  const [there, back] = [sharedPipe(7), sharedPipe(100)];
  const lengths = [1, 7, 20, 0, 1000, 3];
  const worker = spawnWorker(new URL("../../test/scale/shared-pipe-worker.ts", import.meta.url), { there, back, lengths });
  const [out, into] = [pipeEnd(there, 1, 20_000), pipeEnd(back, 1, 20_000)];
  for (const length of lengths) {
    const bits = Uint32Array.from({ length }, (_, i) => i * 2_654_435_761);
    out.send(new Float32Array(bits.buffer));
    const again = new Float32Array(length);
    into.receive(again);
    expect(new Uint32Array(again.buffer)).toEqual(bits);
  }
  await once(worker, "exit");
});

it("says who did not answer", () => {
  expect(() => pipeEnd(sharedPipe(4), 3, 1).receive(new Float32Array(1))).toThrow(
    expect.objectContaining({ code: "unreachable", rank: 3 }),
  );
  expect(() => pipeEnd(sharedPipe(4), 3, 1).send(new Float32Array(5))).toThrow(/rank 3/);
  expect(() => sharedPipe(0)).toThrow(expect.objectContaining({ code: "bad-request" }));
});
