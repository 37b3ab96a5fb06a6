/** 1024³ f32 with OpenBLAS on one and two threads: `{ "1": GFLOP/s, "2": GFLOP/s }`, or `{ "missing": why }` without numpy. */
import { fileURLToPath } from "node:url";
import { runJson } from "../table.ts";

export type OpenBlasReport =
  | { readonly missing: string }
  | { readonly peer: string; readonly gflops: { readonly "1": number; readonly "2": number } };

interface Line {
  readonly peer: string;
  readonly gflops: number;
  readonly missing?: string;
}

/** Pythons that may have numpy, the first that has is used. */
const pythons = ["python3", "/usr/bin/python3"];

export async function openBlas(): Promise<OpenBlasReport> {
  const script = fileURLToPath(new URL("openblas-matmul.py", import.meta.url));
  const on = (command: string, threads: number): Promise<Line> =>
    runJson<Line>(script, [], { command, env: { OPENBLAS_NUM_THREADS: String(threads) }, limit: 60_000 });
  for (const command of pythons) {
    const one = await on(command, 1).catch((): Line => ({ peer: "", gflops: 0, missing: `${command} does not run` }));
    if (one.missing !== undefined) continue;
    const two = await on(command, 2);
    return { peer: one.peer, gflops: { 1: one.gflops, 2: two.gflops } };
  }
  return { missing: "not present: no python3 with numpy" };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await openBlas()));
