import { availableParallelism, totalmem } from "node:os";
import { InksealError } from "@inkseal/core";
import { type Backend, webgpuBackend } from "../tensor/index.ts";
import type { TrainConfig } from "../train/config.ts";
import { cpuBackend } from "./threads.ts";

/** WebGPU in Node: Dawn, from the npm package `webgpu`, over the machine's Vulkan, Metal or Direct3D. Throws `engine-missing` without the package. */
export async function nodeGpu(): Promise<GPU> {
  try {
    const { create } = await import("webgpu");
    return create([]) as GPU;
  } catch (error) {
    throw new InksealError("engine-missing", "a GPU in Node needs Dawn: npm install webgpu", { cause: error });
  }
}

/** What a training in this thread computes on. */
export async function trainingBackend(config: TrainConfig, memory: number): Promise<Backend> {
  if (config.device === "gpu") return webgpuBackend({ gpu: await nodeGpu(), memory });
  return cpuBackend({ threads: config.threads ?? availableParallelism(), memory });
}
/** Bytes that a training may take on this machine. The CPU's kernels address 4 GiB for each worker; a GPU says itself when it is full. */
export function memoryLimit({ device, memory, replicas, parallel }: TrainConfig): number {
  if (device === "gpu") return memory ?? Number.POSITIVE_INFINITY;
  const workers = replicas * parallel.tensor * parallel.pipeline;
  return Math.min(memory ?? totalmem() * 0.8, workers * (2 ** 32 - 65_536));
}

/** A GPU is read late, so what looks at numbers in the middle of a step does not run there. Throws `cannot-do`. */
export function checkDevice({ device, model, replicas, parallel, machines }: TrainConfig): void {
  if (device === "cpu") return;
  const experts = model.kind === "gpt" && model.experts !== undefined;
  const why =
    replicas > 1 || parallel.tensor * parallel.pipeline > 1 || machines !== undefined
      ? "a GPU is one worker; leave out replicas, parallel and machines"
      : model.kind === "gan" || model.kind === "vae" || experts
        ? `a ${experts ? "mixture of experts" : model.kind} looks at numbers in the middle of a step, so it is trained on the CPU`
        : undefined;
  if (why !== undefined) throw new InksealError("cannot-do", why, { param: "device" });
}
