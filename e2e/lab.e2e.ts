import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CharTokenizer, GptConfigSchema, writeSafetensors } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, noChromium } from "./browser.ts";
import type { LabPage } from "./lab-page.ts";
import { continued, losses, type ModelFiles, taught } from "./lab-scenario.ts";

if (chromiumPath === undefined) console.warn(`lab.e2e.ts skipped: ${noChromium}`);

const text = `${"On this day 1984-05 the quick brown fox jumps over the lazy dog.\n".repeat(30)}0236789-`;
const tokenizer = CharTokenizer.train(text);
const config = GptConfigSchema.parse({
  ...{ kind: "gpt", vocab: tokenizer.vocab, context: 64, layers: 2, width: 64, heads: 4, kvHeads: 2, hidden: 96 },
});
const page = (isolated: boolean): string => (isolated ? "/" : "/plain.html");

describe.skipIf(chromiumPath === undefined)("the Lab in a browser", () => {
  let server: Server;
  let browser: Browser;
  let files: ModelFiles;
  const cpu = cpuBackend({ threads: 2 });

  beforeAll(async () => {
    const { weights } = await taught(cpu, { config, tokens: tokenizer.encode(text), steps: 60 });
    files = { safetensors: writeSafetensors(weights), tokenizer: tokenizer.json(), config };
    server = await serve(await bundle(), files);
    const software = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"];
    browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox", ...software] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    cpu.close();
  });
  const open = async (isolated = true): Promise<Page> => {
    const { port } = server.address() as AddressInfo;
    const opened = await browser.newPage({ baseURL: `http://127.0.0.1:${port}` });
    await opened.goto(page(isolated));
    await opened.waitForFunction(() => "lab" in globalThis);
    return opened;
  };

  it("continues a text token for token as Node does: as trained, in 8 bits, and under a constraint", async () => {
    const here = await open();
    const there = await continued(cpu, files);
    expect(await here.evaluate(() => (globalThis as unknown as { lab: LabPage }).lab.continued())).toEqual(there);
    expect(there.constrained).toMatch(/^\d{4}-\d{2}\n$/);
    expect(tokenizer.decode(there.plain)).toContain("quick brown fox");
    await here.close();
  });
  it("trains to the bits of Node, on one thread and on two; without isolation there is one", async () => {
    const expected = await losses(cpu);
    expect(expected.at(-1)).toBeLessThan(expected[0]! - 0.2);
    for (const { isolated, threads, got } of [
      { isolated: true, threads: 2, got: 2 },
      { isolated: true, threads: 1, got: 1 },
      { isolated: false, threads: 2, got: 1 },
    ]) {
      const here = await open(isolated);
      const answer = await here.evaluate((n) => (globalThis as unknown as { lab: LabPage }).lab.losses(n), threads);
      expect(answer.threads).toBe(got);
      // bits are those of the same kernels: fused multiply-add or not
      if (answer.fused === cpu.pool.fused) expect(answer.losses).toEqual(expected);
      else for (const [i, loss] of answer.losses.entries()) expect(loss).toBeCloseTo(expected[i]!, 4);
      await here.close();
    }
  });
  it("on a GPU answers what the CPU answers, with the gradients of finite differences, and trains alike", async (context) => {
    const here = await open();
    const device = await here.evaluate(() => (globalThis as unknown as { lab: LabPage }).lab.gpu());
    if (device === undefined) context.skip("this Chromium finds no GPU, not even a software one");
    const checks = await here.evaluate(() => (globalThis as unknown as { lab: LabPage }).lab.gpuChecks());
    expect(checks.length).toBeGreaterThan(100);
    expect(checks.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
    const expected = await losses(cpu);
    const found = await here.evaluate(() => (globalThis as unknown as { lab: LabPage }).lab.gpuLosses());
    const furthest = Math.max(...found.map((loss, i) => Math.abs(loss - expected[i]!)));
    console.log(`on ${device} the losses are within ${furthest.toExponential(1)} of the CPU's`);
    expect(found.length).toBe(expected.length);
    expect(furthest).toBeLessThan(1e-3);
    await here.close();
  });
});

/** The page's script and all that it imports, in one file. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: "warn",
    build: {
      write: false,
      lib: { entry: join(import.meta.dirname, "lab-page.ts"), formats: ["es"], fileName: "lab" },
    },
  });
  const [output] = Array.isArray(built) ? built : [];
  const chunk = output?.output[0];
  if (chunk?.type !== "chunk" || output?.output.length !== 1) throw new Error("the page is not one script");
  expect(chunk.imports, "the Lab imports nothing that a browser lacks").toEqual([]);
  return chunk.code;
}

/** `/` is isolated (threads may share memory), `/plain.html` is not. */
async function serve(script: string, files: ModelFiles): Promise<Server> {
  const html = "<!doctype html><title>Lab</title><script type=module src=lab.js></script>";
  const found = new Map<string, readonly [string, string | Uint8Array]>([
    ["/", ["text/html", html]],
    ["/plain.html", ["text/html", html]],
    ["/lab.js", ["text/javascript", script]],
    ["/model.safetensors", ["application/octet-stream", files.safetensors]],
    ["/tokenizer.json", ["application/json", JSON.stringify(files.tokenizer)]],
    ["/config.json", ["application/json", JSON.stringify(files.config)]],
  ]);
  const server = createServer(({ url = "" }, response) => {
    const [type, body] = found.get(url) ?? [];
    if (type === undefined) {
      response.writeHead(404).end();
      return;
    }
    const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
    response.writeHead(200, { "content-type": type, ...(url !== "/plain.html" && isolation) }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
