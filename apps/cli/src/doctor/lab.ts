import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Localised } from "@inkseal/core";
import { labEngine } from "@inkseal/engines";
import { doctorWords as w } from "../words-doctor.ts";
import { type Check, reason, verbatim } from "./check.ts";
import { probe } from "./machine.ts";

/** The Lab's kernels start on this machine, with which speed-ups; the GPU that WebGPU finds, or how to get one; the models that are served. */
export async function checkLab(home: string): Promise<Check> {
  const name = w.name.lab;
  try {
    const { cpuBackend } = await import("@inkseal/lab/node");
    const backend = cpuBackend({ memory: 2 ** 28 });
    const { fused, threads } = backend.pool;
    backend.close();
    const [models, gpu] = await Promise.all([countModels(join(home, "lab")), findGpu()]);
    const detail = w.lab.ok(fused, threads, gpu.name, models);
    return { id: "lab", name, detail, ...(gpu.fix === undefined ? { status: "ok" } : { status: "note", fix: gpu.fix }) };
  } catch (error) {
    return { id: "lab", name, status: "missing", detail: verbatim(reason(error)), fix: w.lab.fix };
  }
}

async function countModels(folder: string): Promise<number> {
  const engine = labEngine({ folder });
  try {
    return (await engine.models()).length;
  } finally {
    await engine.close?.();
  }
}

/** Dawn loads a driver, which may crash: in a process of its own. */
async function findGpu(): Promise<{ readonly name?: string; readonly fix?: Localised }> {
  const script = `const { create } = await import("webgpu").catch(() => ({}));
const adapter = await create?.([]).requestAdapter({ powerPreference: "high-performance" });
const { vendor, architecture, description } = adapter?.info ?? {};
console.log(create === undefined ? "no package" : adapter ? "found " + [vendor, architecture, description].filter(Boolean).join(" ") : "no adapter");
process.exit();`;
  const said = await probe(script, dirname(fileURLToPath(import.meta.resolve("@inkseal/lab"))), 30_000).catch(
    () => "no adapter",
  );
  if (said.startsWith("found")) return { name: said.slice("found".length).trim() || "WebGPU" };
  return { fix: said === "no package" ? w.lab.noPackage : w.lab.noGpu };
}
