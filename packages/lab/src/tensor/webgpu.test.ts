import { afterAll, describe, expect, it } from "vitest";
import { conformanceChecks } from "../../test/conformance.ts";
import { findGpu } from "../../test/gpu.ts";
import { gradientChecks } from "../../test/gradient-checks.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "./index.ts";
import { Ids, Tensor, type WebGpuBackend, webgpuBackend } from "./index.ts";

const found = await findGpu();
if ("missing" in found) console.warn(`webgpu.test.ts skipped: ${found.missing}`);

// a software GPU compiles for seconds on a busy machine
describe.skipIf("missing" in found)("WebGPU", { timeout: 120_000 }, async () => {
  const backend = "missing" in found ? (undefined as never as WebGpuBackend) : await webgpuBackend(found);
  const cpu = cpuBackend({ threads: 1, memory: 256 << 20 });
  afterAll(() => {
    backend.close();
    cpu.close();
  });

  describe("answers what the CPU answers", () => {
    for (const check of conformanceChecks(cpu)) it(check.name, () => check.run(backend));
  });
  describe("the gradient of every operation is that of finite differences", () => {
    for (const check of gradientChecks) it(check.name, () => check.run(backend));
  });

  const step = (on: t.Backend, x: Float32Array, w: Float32Array) =>
    t.scope(() => {
      const weight = Tensor.parameter(on, w, [40, 30]);
      weight.kept = false;
      const input = Tensor.from(on, x, [20, 30]);
      const loss = t.crossEntropy(t.linear(input, weight), Ids.from(on, [...new Array(20).keys()], [20]));
      const [gradient] = t.gradient(loss, [weight]);
      return { loss: loss.values(), gradient: gradient!.values() };
    });
  const [x, w] = [600, 1200].map((n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * i)));
  it("gives the same bits again", async () => {
    const [a, b] = [step(backend, x!, w!), step(backend, x!, w!)];
    expect(await a.loss).toEqual(await b.loss);
    expect(await a.gradient).toEqual(await b.gradient);
  });
  it("draws the CPU's random numbers bit for bit", async () => {
    expect(await backend.read(backend.uniform(5000, 7, 9))).toEqual(cpu.readSync(cpu.uniform(5000, 7, 9)));
  });
  it("takes as much memory after many steps as after one", () => {
    step(backend, x!, w!);
    const { used } = backend.memory;
    for (let i = 0; i < 20; i++) step(backend, x!, w!);
    expect(backend.memory.used).toBe(used);
  });
  it("reads what was there when it was asked", async () => {
    const block = backend.from(Float32Array.of(1, 2, 3));
    const before = backend.read(block);
    backend.write(block, Float32Array.of(4, 5, 6));
    const after = backend.read(block);
    backend.free(block);
    backend.from(Float32Array.of(7, 8, 9)); // takes its place
    expect([...(await before), ...(await after)]).toEqual([1, 2, 3, 4, 5, 6]);
  });
  it("says what it cannot do", async () => {
    expect(() => backend.readSync()).toThrow(expect.objectContaining({ code: "cannot-do" }));
    const small = await webgpuBackend({ ...(found as { gpu: GPU }), memory: 1 << 20 });
    expect(() => small.full(1 << 20, 0)).toThrow(/MiB/);
    small.close();
    await expect(webgpuBackend({ gpu: { requestAdapter: async () => null } as never })).rejects.toThrow(/no GPU/);
  });
  it("tells of a device that was lost", async () => {
    const lost = await webgpuBackend(found as { gpu: GPU });
    const block = lost.full(4, 1);
    lost.close();
    await expect(lost.read(block)).rejects.toThrow();
  });
});
