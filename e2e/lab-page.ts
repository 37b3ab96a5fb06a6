import { browserBackend, webgpuBackend } from "@inkseal/lab";
import { conformanceChecks } from "../packages/lab/test/conformance.ts";
import { gradientChecks } from "../packages/lab/test/gradient-checks.ts";
import { type Continued, continued, losses } from "./lab-scenario.ts";

/** What the end-to-end test asks of a page; all answers are JSON. */
export interface LabPage {
  /** Of the files that the server has. */
  continued(): Promise<Continued>;
  /** `threads` is what was got, not what was asked for. */
  losses(threads: number): Promise<{ readonly threads: number; readonly fused: boolean; readonly losses: number[] }>;
  /** The adapter in its own words, or undefined. */
  gpu(): Promise<string | undefined>;
  gpuLosses(): Promise<number[]>;
  /** Each check's name, and what is wrong if anything is. */
  gpuChecks(): Promise<{ readonly name: string; readonly wrong: string | undefined }[]>;
}

const gpu = async () => webgpuBackend({ gpu: navigator.gpu });
const lab: LabPage = {
  async continued() {
    const file = async (name: string) => (await fetch(name)).bytes();
    const json = async (name: string): Promise<unknown> => (await fetch(name)).json();
    const [tokenizer, config] = [await json("tokenizer.json"), await json("config.json")];
    const backend = browserBackend();
    const answer = await continued(backend, { safetensors: await file("model.safetensors"), tokenizer, config });
    backend.close();
    return answer;
  },
  async losses(threads) {
    const backend = browserBackend({ threads });
    const { threads: got, fused } = backend.pool;
    const answer = { threads: got, fused, losses: await losses(backend) };
    backend.close();
    return answer;
  },
  async gpu() {
    const backend = await gpu().catch(() => undefined);
    backend?.close();
    return backend?.device;
  },
  async gpuLosses() {
    const backend = await gpu();
    const answer = await losses(backend);
    backend.close();
    return answer;
  },
  async gpuChecks() {
    const [backend, cpu] = [await gpu(), browserBackend({ threads: 1 })];
    const found = [];
    for (const { name, run } of [...conformanceChecks(cpu), ...gradientChecks]) {
      const wrong = await run(backend).then(
        () => undefined,
        (error: Error) => error.message,
      );
      found.push({ name, wrong });
    }
    backend.close();
    cpu.close();
    return found;
  },
};
Object.assign(globalThis, { lab });
