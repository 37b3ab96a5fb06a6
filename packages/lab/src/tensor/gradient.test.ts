import { afterAll, describe, expect, it } from "vitest";
import { draws } from "../../test/check.ts";
import { gradientChecks } from "../../test/gradient-checks.ts";
import { cpuBackend } from "../node/threads.ts";
import * as t from "./index.ts";
import { Tensor } from "./index.ts";

const backend = cpuBackend({ threads: 2, memory: 256 << 20 });
afterAll(() => backend.close());

const values = draws(12345);

describe("the gradient of every operation is that of finite differences", () => {
  for (const check of gradientChecks) it(check.name, () => check.run(backend));
});

describe("memory", () => {
  it("is the same after many steps as after one", () => {
    const w = Tensor.parameter(backend, values(64 * 64), [64, 64]);
    const turn = (): void =>
      t.scope(() => {
        const x = Tensor.from(backend, values(8 * 64), [8, 64]);
        let y = x;
        for (let i = 0; i < 3; i++) y = t.gelu(t.linear(t.add(y, x), w));
        t.gradient(t.mean(t.square(y)), [w]);
      });
    turn();
    const used = backend.memory.used;
    for (let i = 0; i < 50; i++) turn();
    expect(backend.memory.used).toBe(used);
  });
  it("says that a freed tensor was freed", () => {
    let leaked: Tensor | undefined;
    t.scope(() => {
      leaked = Tensor.full(backend, [3], 1);
    });
    expect(() => t.exp(leaked!)).toThrow(/freed/);
  });
  it("says how much was asked when the limit is reached", () => {
    expect(() => t.scope(() => Tensor.full(backend, [1 << 28], 0))).toThrow(/MiB/);
  });
});

describe("determinism", () => {
  it("one thread and two give the same bits", () => {
    const single = cpuBackend({ threads: 1, memory: 128 << 20 });
    const data = [values(70 * 96), values(130 * 96), values(2 * 70 * 4 * 8)];
    const [a, b] = [single, backend].map((on) =>
      t.scope(() => {
        const x = Tensor.parameter(on, data[0]!, [70, 96]);
        const w = Tensor.parameter(on, data[1]!, [130, 96]);
        const q = Tensor.parameter(on, data[2]!, [2, 70, 4, 8]);
        const loss = t.add(t.mean(t.softmax(t.linear(x, w))), t.sum(t.square(t.attention(q, q, q, { causal: true }))));
        const out = t.gradient(loss, [x, w, q]).map((g) => g.valuesSync());
        for (const p of [x, w, q]) p.kept = false;
        return [loss.valuesSync(), ...out];
      }),
    );
    expect(b).toEqual(a);
  });
});
