/** A compute shader: what it is given, in the order of its bindings, and its WGSL. */
export interface Program {
  /** Unique: programs of one name are one pipeline. */
  readonly name: string;
  readonly params: Params;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly code: string;
}
/** Scalars of 4 bytes by name, at most 64. */
export type Params = Readonly<Record<string, "u32" | "i32" | "f32">>;

export interface ProgramText {
  readonly params: Params;
  /** Name of each buffer that is read, with its element's type after a colon unless it is f32: `ids:i32`. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Functions and constants before `main`. */
  readonly before?: string;
  readonly body: string;
}

/** Threads of a workgroup; every device has at least as many. */
export const group = 256;
/** The lowest f32: WGSL has no infinity. */
export const lowest = "-3.4028234663852886e38f";

/** A program with `w` (workgroup), `g` (workgroups) and `l` (thread in its group) in its body. */
export function program(name: string, { params, reads, writes, before = "", body }: ProgramText, threads = group): Program {
  const buffers = [...reads, ...writes].map((text, i) => {
    const [of, type = "f32"] = text.split(":");
    return `@group(0) @binding(${i + 1}) var<storage, ${i < reads.length ? "read" : "read_write"}> ${of}: array<${type}>;`;
  });
  const fields = Object.entries(params).map(([field, type]) => `${field}: ${type},`);
  const code = `struct Params { ${fields.join(" ")} }
@group(0) @binding(0) var<uniform> p: Params;
${buffers.join("\n")}
${before}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) g: vec3u, @builtin(local_invocation_index) l: u32) {
${body}
}`;
  return { name, params, reads, writes, code };
}

/** A program of one thread for each `i` below `p.n`. */
export function map(name: string, { params, body, ...rest }: ProgramText, threads = group): Program {
  return program(
    name,
    {
      ...rest,
      params: { n: "u32", ...params },
      body: `  let i = (w.y * g.x + w.x) * ${threads}u + l;\n  if (i >= p.n) { return; }\n${body}`,
    },
    threads,
  );
}

/** The text of `body` for 0 … count − 1: loops over what must stay in registers are written out. */
export const each = (count: number, body: (i: number) => string, joint = "\n"): string =>
  Array.from({ length: count }, (_, i) => body(i)).join(joint);

/** Remembers what `make` answered by its arguments. */
export function once<A extends readonly (string | number | boolean)[]>(make: (...args: A) => Program): (...args: A) => Program {
  const made = new Map<string, Program>();
  return (...args) => {
    const key = args.join();
    let found = made.get(key);
    if (found === undefined) made.set(key, (found = make(...args)));
    return found;
  };
}
