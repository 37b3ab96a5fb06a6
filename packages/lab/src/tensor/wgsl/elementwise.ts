import type { BinaryOp, UnaryOp } from "../backend.ts";
import { map, once } from "./program.ts";

/** tanh(x) is 1 in f32 beyond 9; some devices overflow in it. */
const tanh = (x: string): string => `tanh(clamp(${x}, -15.0, 15.0))`;
const sigmoid = (x: string): string => `(1.0 / (1.0 + exp(-${x})))`;
const inner = "0.7978845608 * (x + 0.044715 * x * x * x)"; // of gelu's tanh form

const one: Readonly<Record<UnaryOp, string>> = {
  affine: "fma(x, p.alpha, p.beta)",
  exp: "exp(x)",
  log: "log(x)",
  sqrt: "sqrt(x)",
  tanh: tanh("x"),
  sigmoid: sigmoid("x"),
  relu: "max(x, 0.0)",
  abs: "abs(x)",
  reciprocal: "1.0 / x",
  square: "x * x",
  step: "select(0.0, 1.0, x > 0.0)",
  clamp: "min(max(x, p.alpha), p.beta)",
  silu: `x * ${sigmoid("x")}`,
  gelu: `0.5 * x * (1.0 + ${tanh(inner)})`,
  geluSlope: `slope(x, ${tanh(inner)})`,
  softplus: "max(x, 0.0) + log(1.0 + exp(-abs(x)))",
};
const slope = `fn slope(x: f32, t: f32) -> f32 {
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.7978845608 * (1.0 + 0.134145 * x * x);
}`;
export const unary = once((op: UnaryOp) =>
  map(`unary-${op}`, {
    params: { alpha: "f32", beta: "f32" },
    reads: ["a"],
    writes: ["y"],
    before: op === "geluSlope" ? slope : "",
    body: `  let x = a[i];\n  y[i] = ${one[op]};`,
  }),
);

const two: Readonly<Record<BinaryOp, string>> = {
  add: "u + v",
  sub: "u - v",
  mul: "u * v",
  div: "u / v",
  max: "max(u, v)",
  min: "min(u, v)",
  greater: "select(0.0, 1.0, u > v)",
  greaterEqual: "select(0.0, 1.0, u >= v)",
  equal: "select(0.0, 1.0, u == v)",
};
const five = [0, 1, 2, 3, 4];
const places = (name: string): Record<string, "u32"> => Object.fromEntries(five.map((d) => [`${name}${d}`, "u32" as const]));
/** Five dims d, strides s of a and t of b; with `flat` only the last of them counts. */
export const binary = once((op: BinaryOp) =>
  map(`binary-${op}`, {
    params: { flat: "u32", ...places("d"), ...places("s"), ...places("t") },
    reads: ["a", "b"],
    writes: ["y"],
    body: `  var at = i * p.s4;
  var bt = i * p.t4;
  if (p.flat == 0u) {
    var rest = i;
    at = 0u;
    bt = 0u;
${[4, 3, 2, 1, 0].map((d) => `    at += rest % p.d${d} * p.s${d}; bt += rest % p.d${d} * p.t${d}; rest /= p.d${d};`).join("\n")}
  }
  let u = a[at];
  let v = b[bt];
  y[i] = ${two[op]};`,
  }),
);
export const accumulate = map("accumulate", { params: {}, reads: ["x"], writes: ["into"], body: "  into[i] += x[i];" });
export const fill = map("fill", { params: { value: "f32" }, reads: [], writes: ["y"], body: "  y[i] = p.value;" });

export const swiglu = map("swiglu", {
  params: {},
  reads: ["gate", "up"],
  writes: ["y"],
  body: `  let x = gate[i];\n  y[i] = x * ${sigmoid("x")} * up[i];`,
});
export const swigluBack = map("swiglu-back", {
  params: {},
  reads: ["gate", "up", "dy"],
  writes: ["dgate", "dup"],
  body: `  let x = gate[i];
  let s = ${sigmoid("x")};
  dup[i] = dy[i] * x * s;
  dgate[i] = dy[i] * up[i] * (s + x * s * (1.0 - s));`,
});

/** The generator of assembly/elementwise.ts, bit for bit: PCG-RXS-M-XS (Jarzynski & Olano 2020) of a counter. */
export const uniform = map("uniform", {
  params: { seed: "u32", stream: "u32" },
  reads: [],
  writes: ["y"],
  before: `fn pcg(v: u32) -> u32 {
  let state = v * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}`,
  body: "  y[i] = f32(pcg(i ^ pcg(p.seed ^ pcg(p.stream))) >> 8u) * 5.9604644775390625e-8;",
});

/** AdamW (Loshchilov & Hutter 2019) in place; `rate` is divided by the first moment's correction already, `keep` is 1 − rate·decay. */
export const adamw = map("adamw", {
  params: { rate: "f32", beta1: "f32", beta2: "f32", epsilon: "f32", keep: "f32", correction: "f32", scale: "f32" },
  reads: ["gradient"],
  writes: ["parameter", "m", "v"],
  body: `  let grad = gradient[i] * p.scale;
  let mean = p.beta1 * m[i] + (1.0 - p.beta1) * grad;
  let square = p.beta2 * v[i] + (1.0 - p.beta2) * grad * grad;
  m[i] = mean;
  v[i] = square;
  parameter[i] = parameter[i] * p.keep - p.rate * mean / (sqrt(square * p.correction) + p.epsilon);`,
});

/** x [rows, heads, dh] turned in pairs (j, j + half) by the angle of position row mod T + offset; one thread a pair, `sign` −1 turns back. */
export const rope = map("rope", {
  params: { heads: "u32", half: "u32", T: "u32", offset: "u32", sign: "f32" },
  reads: ["x", "cosines", "sines"],
  writes: ["y"],
  body: `  let j = i % p.half;
  let head = i / p.half;
  let angle = (head / p.heads % p.T + p.offset) * p.half + j;
  let at = head * p.half * 2u + j;
  let a = x[at];
  let b = x[at + p.half];
  let c = cosines[angle];
  let s = p.sign * sines[angle];
  y[at] = a * c - b * s;
  y[at + p.half] = b * c + a * s;`,
});
