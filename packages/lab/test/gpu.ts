import { existsSync } from "node:fs";
import { nodeGpu } from "../src/node/device.ts";

/** A software GPU that Debian's Chromium brings along, for machines without a real one. */
const swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** The GPU of this machine through Dawn (the package `webgpu`), or a software one, or why there is none. */
export async function findGpu(): Promise<{ readonly gpu: GPU } | { readonly missing: string }> {
  if (process.env.VK_ICD_FILENAMES === undefined && existsSync(swiftshader)) process.env.VK_ICD_FILENAMES = swiftshader;
  try {
    const gpu = await nodeGpu();
    if ((await gpu.requestAdapter()) === null)
      return { missing: "WebGPU finds no adapter (Debian: apt-get install chromium libvulkan1)" };
    return { gpu };
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
