import { browserBackend, webgpuBackend } from "@inkseal/lab";
import * as jax from "@jax-js/jax";
import { ourStep } from "./our-gpt.ts";
import { jaxJsStep } from "./peers/jax-js-gpt.ts";

/** Times steps in a page; answers milliseconds and losses, the first step (which compiles) among them. */
export interface WebGpuPage {
  device(): Promise<string | undefined>;
  steps(side: Side, count: number): Promise<{ readonly ms: number[]; readonly losses: number[] }>;
}
export const sides = ["ours on WebGPU", "ours on the CPU", "jax-js on WebGPU"] as const;
export type Side = (typeof sides)[number];

const make: Record<Side, () => Promise<() => Promise<number>>> = {
  "ours on WebGPU": async () => ourStep(await webgpuBackend({ gpu: navigator.gpu })),
  "ours on the CPU": async () => ourStep(browserBackend()),
  "jax-js on WebGPU": async () => {
    await jax.init("webgpu");
    jax.defaultDevice("webgpu");
    return jaxJsStep(jax);
  },
};
const bench: WebGpuPage = {
  async device() {
    const backend = await webgpuBackend({ gpu: navigator.gpu }).catch(() => undefined);
    backend?.close();
    return backend?.device;
  },
  async steps(side, count) {
    const step = await make[side]();
    const [ms, losses]: [number[], number[]] = [[], []];
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      losses.push(await step());
      ms.push(performance.now() - began);
    }
    return { ms, losses };
  },
};
Object.assign(globalThis, { bench });
