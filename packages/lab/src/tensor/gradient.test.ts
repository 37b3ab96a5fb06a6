import { afterAll, describe, expect, it } from "vitest";
import { cpuBackend } from "../node/threads.ts";
import * as t from "./index.ts";
import { Ids, Tensor } from "./index.ts";

const backend = cpuBackend({ threads: 2, memory: 256 << 20 });
afterAll(() => backend.close());

let state = 12345;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const values = (n: number, low = -1, high = 1): Float32Array =>
  Float32Array.from({ length: n }, () => low + (high - low) * random());

/** Compares the gradient of Σ f(inputs)·w, for random w, with central differences in each input. */
function check(
  shapes: readonly (readonly number[])[],
  f: (...x: Tensor[]) => Tensor,
  { low = -1, high = 1, h = 1e-2, tolerance = 2e-2 } = {},
): void {
  const data = shapes.map((s) => values(t.size(s), low, high));
  t.scope(() => {
    const inputs = data.map((d, i) => Tensor.parameter(backend, d, shapes[i]!));
    const weights = values(f(...inputs).size);
    const loss = (): Tensor => {
      const y = f(...inputs);
      return t.sum(t.mul(y, Tensor.from(backend, weights, y.shape)));
    };
    const exact = t.gradient(loss(), inputs).map((g) => g.valuesSync());
    inputs.forEach((input, i) => {
      for (let j = 0; j < input.size; j += Math.max(1, Math.floor(input.size / 12))) {
        const at = (delta: number): number => {
          const moved = data[i]!.slice();
          moved[j]! += delta;
          backend.write(input.block, moved);
          const value = t.scope(() => t.untracked(loss).valuesSync()[0]!);
          backend.write(input.block, data[i]!);
          return value;
        };
        const difference = (at(h) - at(-h)) / (2 * h);
        expect(
          Math.abs(difference - exact[i]![j]!),
          `input ${i}, element ${j}: ${difference} by differences, ${exact[i]![j]} exact`,
        ).toBeLessThan(tolerance * (1 + Math.abs(difference)));
      }
      input.kept = false;
    });
  });
}

describe("the gradient of every operation is that of finite differences", () => {
  const one: [string, (x: Tensor) => Tensor, object?][] = [
    ["affine", (x) => t.affine(x, 3, 1)],
    ["exp", t.exp],
    ["log", t.log, { low: 0.5, high: 2 }],
    ["sqrt", t.sqrt, { low: 0.5, high: 2 }],
    ["tanh", t.tanh],
    ["sigmoid", t.sigmoid],
    ["relu", t.relu, { low: 0.1 }],
    ["leakyRelu", (x) => t.leakyRelu(x), { low: -2, high: -0.1 }],
    ["abs", t.abs, { low: -2, high: -0.1 }],
    ["reciprocal", t.reciprocal, { low: 0.5, high: 2 }],
    ["square", t.square],
    ["clamp", (x) => t.clamp(x, -5, 5)],
    ["silu", t.silu],
    ["gelu", t.gelu],
    ["softplus", t.softplus],
    ["softmax", t.softmax],
    ["logSoftmax", t.logSoftmax],
    ["mean", (x) => t.mean(x, [0])],
    ["sum", (x) => t.sum(x, [1])],
    ["max", t.maxLast, { h: 1e-3 }],
    ["reshape", (x) => t.reshape(x, [7, 5])],
    ["transpose", t.transpose],
    ["slice", (x) => t.slice(x, 1, 2, 6)],
    ["pad", (x) => t.pad(x, 0, 2, 1)],
    ["dropout", (x) => t.dropout(x, 0.4, 7, 3)],
    ["gather", (x) => t.gather(x, Ids.from(backend, [4, 0, 4, -1], [2, 2]))],
    ["scatterAdd", (x) => t.scatterAdd(x, Ids.from(backend, [2, 0, 2, -1, 1], [5]), 4)],
    ["crossEntropy", (x) => t.crossEntropies(x, Ids.from(backend, [2, 0, 6, -1, 1], [5]))],
  ];
  for (const [name, f, options] of one) it(name, () => check([[5, 7]], f, options as never));

  it("add, sub, mul and div with broadcasting", () => {
    for (const f of [t.add, t.sub, t.mul]) {
      check(
        [
          [3, 4, 5],
          [4, 1],
        ],
        f,
      );
      check([[5], [2, 3, 5]], f);
    }
    check([[3, 4], [4]], t.div, { low: 0.5, high: 2 });
  });
  it("maximum and minimum", () => {
    check([[9], [9]], t.maximum, { h: 1e-3 });
    check([[9], [9]], t.minimum, { h: 1e-3 });
  });
  it("matmul in all transpositions, batched, and with one matrix for all", () => {
    check(
      [
        [5, 7],
        [7, 9],
      ],
      (a, b) => t.matmul(a, b),
    );
    check(
      [
        [7, 5],
        [7, 9],
      ],
      (a, b) => t.matmul(a, b, { transA: true }),
    );
    check(
      [
        [5, 7],
        [9, 7],
      ],
      (a, b) => t.matmul(a, b, { transB: true }),
    );
    check(
      [
        [7, 5],
        [9, 7],
      ],
      (a, b) => t.matmul(a, b, { transA: true, transB: true }),
    );
    check(
      [
        [2, 3, 5, 7],
        [2, 3, 7, 4],
      ],
      (a, b) => t.matmul(a, b),
    );
    check(
      [
        [2, 5, 7],
        [7, 4],
      ],
      (a, b) => t.matmul(a, b),
    );
    check(
      [
        [2, 7, 5],
        [7, 4],
      ],
      (a, b) => t.matmul(a, b, { transA: true }),
    );
    check([[2, 3, 6], [4, 6], [4]], (x, w, b) => t.linear(x, w, b));
  });
  it("permute, concat and broadcastTo", () => {
    check([[2, 3, 4]], (x) => t.permute(x, [2, 0, 1]));
    check(
      [
        [2, 3],
        [2, 4],
      ],
      (a, b) => t.concat([a, b], 1),
    );
    check([[3, 1]], (x) => t.broadcastTo(x, [2, 3, 4]));
  });
  it("RMSNorm and LayerNorm", () => {
    check([[4, 10], [10]], (x, w) => t.norm(x, w));
    check([[4, 10], [10], [10]], (x, w, b) => t.norm(x, w, b));
  });
  it("attention: causal, bidirectional with a mask, grouped queries, more than one block", () => {
    check(
      [
        [2, 6, 2, 4],
        [2, 6, 2, 4],
        [2, 6, 2, 4],
      ],
      (q, k, v) => t.attention(q, k, v, { causal: true }),
    );
    check(
      [
        [1, 5, 4, 4],
        [1, 7, 2, 4],
        [1, 7, 2, 4],
      ],
      (q, k, v) => t.attention(q, k, v, { causal: true }),
    );
    const mask = Tensor.from(backend, [0, 0, -1e9, 0, 0, 0, 0, -1e9], [2, 4]).keep();
    check(
      [
        [2, 3, 2, 4],
        [2, 4, 2, 4],
        [2, 4, 2, 4],
      ],
      (q, k, v) => t.attention(q, k, v, { mask }),
    );
    check(
      [
        [1, 70, 1, 4],
        [1, 70, 1, 4],
        [1, 70, 1, 4],
      ],
      (q, k, v) => t.attention(q, k, v, { causal: true }),
    );
  });
  it("rotary embedding and SwiGLU", () => {
    const by = t.rotation(backend, 16, 6);
    check([[2, 5, 3, 6]], (x) => t.rotate(x, by, 4));
    check(
      [
        [4, 9],
        [4, 9],
      ],
      t.swiglu,
    );
  });
  it("convolution and transposed convolution", () => {
    check(
      [
        [2, 5, 6, 3],
        [4, 27],
      ],
      (x, w) => t.conv2d(x, w, 3, 2, 1),
    );
    check(
      [
        [2, 3, 3, 4],
        [4, 9 * 2],
      ],
      (x, w) => t.convTranspose2d(x, w, 5, 5, 3, 2, 1),
    );
  });
});

describe("gradients of gradients", () => {
  it("of a gradient penalty are those of finite differences", () => {
    const x0 = values(12);
    const shapes: number[][] = [
      [6, 4],
      [1, 6],
    ];
    const data = shapes.map((s) => values(t.size(s)));
    t.scope(() => {
      const [w1, w2] = data.map((d, i) => Tensor.parameter(backend, d, shapes[i]!)) as [Tensor, Tensor];
      const penalty = (): Tensor => {
        const x = Tensor.parameter(backend, x0, [3, 4]);
        const y = t.sum(t.linear(t.silu(t.linear(x, w1)), w2));
        const [dx] = t.gradient(y, [x], { again: true });
        const length = t.sqrt(t.affine(t.sum(t.square(dx!), [1]), 1, 1e-6));
        return t.sum(t.square(t.affine(length, 1, -1)));
      };
      const exact = t.gradient(penalty(), [w1]).map((g) => g.valuesSync())[0]!;
      for (let j = 0; j < 24; j += 5) {
        const at = (delta: number): number => {
          const moved = data[0]!.slice();
          moved[j]! += delta;
          backend.write(w1.block, moved);
          return penalty().valuesSync()[0]!;
        };
        const difference = (at(1e-2) - at(-1e-2)) / 2e-2;
        backend.write(w1.block, data[0]!);
        expect(Math.abs(difference - exact[j]!)).toBeLessThan(2e-2 * (1 + Math.abs(difference)));
      }
    });
  });
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
