/** The training step of peers/step.ts in a browser: ours on WebGPU and on the CPU, and jax-js on WebGPU, all in one Chromium. */
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build } from "vite";
import type { Row } from "../run.ts";
import { median } from "./table.ts";
import type { Side, WebGpuPage } from "./webgpu-page.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
type Global = { bench: WebGpuPage };

/** Ratios of milliseconds, without a bound: where Chromium has only a software GPU they say nothing about real ones, and the note says so. */
export async function webgpuSteps({ quick, log }: { quick: boolean; log(line: string): void }): Promise<Row[]> {
  if (executablePath === undefined) {
    log("  WebGPU: no Chromium; its rows are left out");
    return [];
  }
  const server = createServer(await pageOf());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const software = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", ...software] });
  try {
    const page = async () => {
      const opened = await browser.newPage();
      await opened.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      await opened.waitForFunction(() => "bench" in globalThis);
      return opened;
    };
    const device = await (await page()).evaluate(() => (globalThis as unknown as Global).bench.device());
    if (device === undefined) {
      log("  WebGPU: Chromium finds no adapter; its rows are left out");
      return [];
    }
    const first: number[] = [];
    const time = async (side: Side): Promise<number> => {
      const opened = await page();
      const { ms, losses } = await opened.evaluate(([of, count]) => (globalThis as unknown as Global).bench.steps(of, count), [
        side,
        quick ? 2 : 4,
      ] as const);
      await opened.close();
      first.push(losses[0]!);
      log(
        `  ${side}: ${median(ms.slice(1)).toFixed(0)} ms a step, the first ${ms[0]!.toFixed(0)}; loss ${losses[0]!.toFixed(4)}`,
      );
      return median(ms.slice(1));
    };
    const [gpu, cpu, jax] = [await time("ours on WebGPU"), await time("ours on the CPU"), await time("jax-js on WebGPU")];
    if (first.some((loss) => Math.abs(loss - first[0]!) > 1e-3))
      throw new Error(`not the same step: losses ${first.join(", ")}`);
    const note = `in Chromium on ${device}: ours ${gpu.toFixed(0)} ms, jax-js ${jax.toFixed(0)} ms, ours on the CPU ${cpu.toFixed(0)} ms${/swiftshader|llvmpipe/i.test(device) ? " (a GPU in software)" : ""}`;
    return [
      { name: "webgpu_vs_jaxjs", value: jax / gpu, unit: "ratio", note },
      { name: "webgpu_vs_cpu", value: cpu / gpu, unit: "ratio", note },
    ];
  } finally {
    await browser.close();
    server.close();
  }
}

/** Answers every request with the page or its script, isolated so that threads share memory. */
async function pageOf() {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL("webgpu-page.ts", import.meta.url)), formats: ["es"], fileName: "bench" },
      rollupOptions: { output: { codeSplitting: false } },
    },
  });
  const chunk = Array.isArray(built) ? built[0]?.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error("the page is not one script");
  const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  const html = "<!doctype html><title>bench</title><script type=module src=bench.js></script>";
  return (({ url }, response) => {
    const script = url === "/bench.js";
    response.writeHead(200, { "content-type": script ? "text/javascript" : "text/html", ...isolation });
    response.end(script ? chunk.code : html);
  }) satisfies Parameters<typeof createServer>[1];
}
