import { each, lowest, map, once, type Params, type Program } from "./program.ts";

/**
 * Attention without the T×T matrix (Dao et al. 2022): a thread has one query (or, for the gradients of keys and values, one key) with its
 * running sums in registers, and goes over the keys (queries) in order. Neighbouring threads read the same key at the same time.
 */

const params: Params = {
  T: "u32",
  S: "u32",
  H: "u32",
  G: "u32",
  causal: "u32",
  masked: "u32",
  scale: "f32",
};
/** A head's numbers as vectors of 4 where dh allows. */
function vectors(dh: number): { readonly type: string; readonly parts: number; dot(a: string, b: string): string } {
  const four = dh % 4 === 0;
  const parts = four ? dh / 4 : dh;
  const product = (a: string, b: string): string => (four ? `dot(${a}, ${b})` : `${a} * ${b}`);
  return {
    type: four ? "vec4f" : "f32",
    parts,
    /** Σ over all parts; `#` in a and b is the part's number. */
    dot: (a, b) => each(parts, (i) => product(a.replaceAll("#", `${i}`), b.replaceAll("#", `${i}`)), " + "),
  };
}
/** `text` for each part, with its number for `#`. */
const named = (parts: number, text: string): string => each(parts, (i) => `    ${text.replaceAll("#", `${i}`)}`);

/** i = (b·H + h)·T + t. */
const query = (parts: number): string => `  let t = i % p.T;
  let h = i / p.T % p.H;
  let b = i / p.T / p.H;
  let group = h / (p.H / p.G);
  let at = ((b * p.T + t) * p.H + h) * ${parts}u;
  let keys = select(p.S, p.S - p.T + t + 1u, p.causal == 1u);`;
/** i = (b·G + group)·S + s. */
const key = (parts: number): string => `  let s = i % p.S;
  let group = i / p.S % p.G;
  let b = i / p.S / p.G;
  let near = ((b * p.S + s) * p.G + group) * ${parts}u;
  let hidden = select(0.0, mask[b * p.S + s], p.masked == 1u);
  let first = select(0u, u32(max(0, i32(s + p.T) - i32(p.S))), p.causal == 1u);`;

export const attention: (dh: number) => Program = once((dh: number) => {
  const { type, parts, dot } = vectors(dh);
  return map(
    `attention-${dh}`,
    {
      params,
      reads: [`q:${type}`, `k:${type}`, `v:${type}`, "mask"],
      writes: [`y:${type}`, "kept"],
      body: `${query(parts)}
${named(parts, `let q# = q[at + #u] * p.scale;\n    var y# = ${type}();`)}
  var top = ${lowest};
  var sum = 0.0;
  for (var s = 0u; s < keys; s++) {
    let near = ((b * p.S + s) * p.G + group) * ${parts}u;
    var x = ${dot("q#", "k[near + #u]")};
    if (p.masked == 1u) { x += mask[b * p.S + s]; }
    if (x > top) {
      let less = exp(top - x);
      sum *= less;
${named(parts, "y# *= less;")}
      top = x;
    }
    let share = exp(x - top);
    sum += share;
${named(parts, "y# += share * v[near + #u];")}
  }
${named(parts, "y[at + #u] = y# / sum;")}
  kept[i] = top + log(sum);`,
    },
    64,
  );
});

/** dq, and Σ y·dy of each query into the second half of `kept`, for `attentionBackKeys`. */
export const attentionBackQueries: (dh: number) => Program = once((dh: number) => {
  const { type, parts, dot } = vectors(dh);
  return map(
    `attention-back-queries-${dh}`,
    {
      params,
      reads: [`q:${type}`, `k:${type}`, `v:${type}`, "mask", `y:${type}`, `dy:${type}`],
      writes: [`dq:${type}`, "kept"],
      body: `${query(parts)}
${named(parts, `let q# = q[at + #u] * p.scale;\n    let g# = dy[at + #u];\n    var d# = ${type}();`)}
  let whole = kept[i];
  let delta = ${dot("y[at + #u]", "g#")};
  for (var s = 0u; s < keys; s++) {
    let near = ((b * p.S + s) * p.G + group) * ${parts}u;
    var x = ${dot("q#", "k[near + #u]")};
    if (p.masked == 1u) { x += mask[b * p.S + s]; }
    let by = exp(x - whole) * (${dot("g#", "v[near + #u]")} - delta) * p.scale;
${named(parts, "d# += by * k[near + #u];")}
  }
${named(parts, "dq[at + #u] = d#;")}
  kept[p.n + i] = delta;`,
    },
    64,
  );
});
export const attentionBackKeys: (dh: number) => Program = once((dh: number) => {
  const { type, parts, dot } = vectors(dh);
  return map(
    `attention-back-keys-${dh}`,
    {
      params: { ...params, queries: "u32" },
      reads: [`q:${type}`, `k:${type}`, `v:${type}`, "mask", "kept", `dy:${type}`],
      writes: [`dk:${type}`, `dv:${type}`],
      body: `${key(parts)}
${named(parts, `let k# = k[near + #u] * p.scale;\n    let v# = v[near + #u];\n    var a# = ${type}();\n    var b# = ${type}();`)}
  for (var h = group * (p.H / p.G); h < (group + 1u) * (p.H / p.G); h++) {
    for (var t = first; t < p.T; t++) {
      let at = ((b * p.T + t) * p.H + h) * ${parts}u;
      let row = (b * p.H + h) * p.T + t;
      let share = exp(${dot("k#", "q[at + #u]")} + hidden - kept[row]);
      let by = share * (${dot("v#", "dy[at + #u]")} - kept[p.queries + row]) * p.scale;
${named(parts, "a# += by * q[at + #u];\n    b# += share * dy[at + #u];")}
    }
  }
${named(parts, "dk[near + #u] = a#;\n    dv[near + #u] = b#;")}`,
    },
    64,
  );
});
