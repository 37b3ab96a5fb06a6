import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Engine, parseBrief } from "@inkseal/core";
import { llamaEngine } from "@inkseal/engines";
import { sizeOf } from "../make/summary.ts";
import { doctorWords as w } from "../words-doctor.ts";
import { type Check, reason, verbatim } from "./check.ts";
import { probe } from "./machine.ts";

/** Speaks a sentence with the built-in voice and throws it away. No run, no ledger row: nothing leaves the engine. */
export async function checkSpeech(engine: Engine, signal: AbortSignal): Promise<Check> {
  const name = w.name.speech;
  try {
    const brief = parseBrief({ task: "speech", text: "你好。" });
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(30_000)]);
    const plan = { kind: "plan", version: 1, brief, engine, model: "zh", seed: undefined, warnings: [] } as const;
    let bytes = 0;
    for await (const batch of engine.generate(plan, bounded)) for (const { media } of batch) bytes += media?.bytes.length ?? 0;
    if (bytes < 1000) throw new Error(`${bytes} bytes of sound`);
    return { id: "speech", name, status: "ok", detail: w.speech.ok(sizeOf(bytes)) };
  } catch (error) {
    return { id: "speech", name, status: "broken", detail: verbatim(reason(error)), fix: w.speech.fix };
  } finally {
    await engine.close?.();
  }
}

/** llama.cpp loads on this machine (the library tries its binary in a process of its own first), and has models. */
export async function checkLlama(home: string): Promise<Check> {
  const name = w.name.llama;
  const engine = llamaEngine({ folder: join(home, "models") });
  try {
    const { ok, detail, fix } = await engine.probe();
    const status = !ok ? "missing" : fix === undefined ? "ok" : "note";
    const said = { id: "llama", name, status, detail: verbatim(detail) } as const;
    return status === "ok" ? said : { ...said, fix: ok ? w.llama.pull : w.llama.fix };
  } finally {
    await engine.close?.();
  }
}

export async function checkOnnx(): Promise<Check> {
  const name = w.name.onnx;
  const script = `const ort = await import("onnxruntime-node");
console.log(ort.listSupportedBackends().filter((b) => b.bundled).map((b) => b.name).join(", "));`;
  try {
    return { id: "onnx", name, status: "ok", detail: w.onnx.ok(await probe(script, enginesFolder(), 30_000)) };
  } catch (error) {
    return { id: "onnx", name, status: "missing", detail: verbatim(reason(error)), fix: w.onnx.fix };
  }
}

/** Where the engines' dependencies resolve from. */
const enginesFolder = (): string => dirname(fileURLToPath(import.meta.resolve("@inkseal/engines")));
