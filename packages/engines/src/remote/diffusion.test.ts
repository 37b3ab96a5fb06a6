import { type BriefInput, type Chunk, type Engine, parseBrief } from "@inkseal/core";
import { startAutomatic1111, startComfyui, testEngine, tinyPng, type Upstream } from "@inkseal/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { undiciTransport } from "../transport.ts";
import { automatic1111Engine } from "./automatic1111.ts";
import { comfyuiEngine } from "./comfyui.ts";
import { filledWorkflow } from "./comfyui-workflow.ts";
import { pictureWishes } from "./picture-wishes.ts";

const transport = undiciTransport();
afterAll(() => transport.close());
const common = { place: "local", transport, fetcher: transport, idleMs: 2_000 } as const;
const png = new Uint8Array(tinyPng(16, 16));
const picture = { name: "a.png", mediaType: "image/png", bytes: png };
const withAlpha = Uint8Array.from(png, (b, i) => (i === 25 ? 6 : b));
const opaque = Uint8Array.from(png, (b, i) => (i === 25 ? 2 : b));
const mask = { name: "m.png", mediaType: "image/png", bytes: withAlpha, role: "mask" };

async function run(
  engine: Engine,
  model: string,
  input: Omit<BriefInput, "task" | "model"> & { task?: "image" | "image-edit" | "chat" },
  signal = new AbortController().signal,
): Promise<Chunk[]> {
  const brief = parseBrief({ task: "image", ...input, model: `${engine.name}/${model}` } as BriefInput);
  const chunks: Chunk[] = [];
  const plan = { kind: "plan", version: 1, brief, engine, model, seed: brief.controls.seed, warnings: [] } as const;
  for await (const batch of engine.generate(plan, signal)) chunks.push(...batch);
  return chunks;
}

const servers = {
  automatic1111: [startAutomatic1111, automatic1111Engine],
  comfyui: [startComfyui, comfyuiEngine],
} as const;

for (const [name, [start, make]] of Object.entries(servers)) {
  testEngine(
    name,
    async () => {
      const upstream = await start();
      return { engine: make({ ...common, name, baseUrl: upstream.url }), close: upstream.close };
    },
    {
      image: { model: "sd15.safetensors", brief: { text: "a fox" }, long: { model: "slow", brief: { text: "a fox" } } },
      "image-edit": { model: "sd15.safetensors", brief: { text: "a red fox", files: [picture] } },
    },
  );
}

describe.each(Object.entries(servers))("%s", (name, [start, make]) => {
  let upstream: Upstream;
  let engine: Engine;
  beforeAll(async () => {
    upstream = await start();
    engine = make({ ...common, name, baseUrl: upstream.url, apiKey: "me:secret" });
  });
  afterAll(() => upstream.close());

  it("lists its checkpoints", async () => {
    expect((await engine.models()).map((m) => m.tasks)).toEqual([
      ["image", "image-edit"],
      ["image", "image-edit"],
    ]);
  });
  it("paints as many as were asked for, and tells the seed", async () => {
    const chunks = await run(engine, "sd15", { text: "a fox", controls: { n: 2, seed: 7 } });
    const pictures = chunks.filter((c) => c.media);
    expect(pictures.map((c) => [c.index, c.media?.mediaType, c.finish])).toEqual([
      [0, "image/png", "stop"],
      [1, "image/png", "stop"],
    ]);
    expect(pictures[0]?.json).toEqual({ seed: 7 });
    expect(pictures[0]?.usage).toEqual({ images: 2 });
  });
  it.each(["broken", "no-picture"])("says so when the server's answer is %s", async (model) => {
    await expect(run(engine, model, { text: "x" })).rejects.toMatchObject({
      code: model === "broken" ? "upstream-error" : "upstream-invalid",
      message: expect.stringContaining(name),
    });
  });
  it("refuses an edit of nothing, and what is no picture", async () => {
    await expect(run(engine, "sd15", { task: "image-edit", text: "x" })).rejects.toMatchObject({
      code: "bad-request",
    });
    await expect(run(engine, "sd15", { task: "chat", messages: [{ role: "user", content: "x" }] })).rejects.toMatchObject({
      code: "cannot-do",
    });
    const bad = { dialect: "openai.images", params: { steps: "many" } } as const;
    await expect(run(engine, "sd15", { text: "x", wire: bad })).rejects.toMatchObject({ code: "bad-request" });
  });
  it("tells the server to stop when it is aborted", async () => {
    const stop = new AbortController();
    const running = run(engine, "slow", { text: "x" }, stop.signal);
    setTimeout(() => stop.abort(), 700);
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    for (let i = 0; i < 100 && !upstream.seen.some((s) => s.path.endsWith("/interrupt")); i++)
      await new Promise((r) => setTimeout(r, 20));
    expect(upstream.seen.some((s) => s.path.endsWith("/interrupt"))).toBe(true);
  });
});

describe("automatic1111", () => {
  let upstream: Upstream;
  let engine: Engine;
  beforeAll(async () => {
    upstream = await startAutomatic1111();
    engine = automatic1111Engine({ ...common, name: "a1111", baseUrl: upstream.url, apiKey: "me:secret" });
  });
  afterAll(() => upstream.close());
  const sent = (): Record<string, unknown> => upstream.seen.findLast((s) => s.path.includes("2img"))?.body ?? {};

  it("says the wishes in its words, passes its own parameters, and shows its password to it alone", async () => {
    const params = { model: "x", size: "513x770", sampler_name: "Euler a", negative_prompt: "fog", n: 1 };
    await run(engine, "sd15", {
      text: "a fox",
      controls: { steps: 9, guidance: 5, seed: 3, style: "ink" },
      wire: { dialect: "openai.images", params },
    });
    expect(sent()).toMatchObject({
      prompt: "a fox, ink",
      negative_prompt: "fog",
      width: 512,
      height: 768,
      steps: 9,
      cfg_scale: 5,
      seed: 3,
      sampler_name: "Euler a",
      override_settings: { sd_model_checkpoint: "sd15" },
    });
    expect(sent()).not.toHaveProperty("model");
    expect(upstream.seen.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from("me:secret").toString("base64")}`);
  });
  it("turns a mask round that says by transparency what to change", async () => {
    await run(engine, "sd15", { task: "image-edit", text: "x", files: [picture, mask] });
    expect(sent()).toMatchObject({ inpainting_mask_invert: 1, denoising_strength: 1 });
    await run(engine, "sd15", { task: "image-edit", text: "x", files: [picture, { ...mask, bytes: opaque }] });
    expect(sent()).toMatchObject({ inpainting_mask_invert: 0 });
    expect(sent().init_images).toEqual([Buffer.from(png).toString("base64")]);
  });
  it("tells how far it is", async () => {
    const stop = new AbortController();
    const seen: Chunk[] = [];
    const brief = parseBrief({ task: "image", text: "x", model: "a1111/slow" });
    for await (const batch of engine.generate(
      { kind: "plan", version: 1, brief, engine, model: "slow", seed: undefined, warnings: [] },
      stop.signal,
    )) {
      seen.push(...batch);
      break;
    }
    expect(seen).toEqual([{ index: 0, progress: { fraction: 0.5 } }]);
  });
  it.each(["html", "cut"])("does not take %s for an answer", async (model) => {
    await expect(run(engine, model, { text: "x" })).rejects.toMatchObject({ code: "upstream-invalid" });
  });
});

describe("comfyui", () => {
  let upstream: Upstream;
  let engine: Engine;
  beforeAll(async () => {
    upstream = await startComfyui();
    engine = comfyuiEngine({ ...common, name: "comfyui", baseUrl: upstream.url });
  });
  afterAll(() => upstream.close());
  type Node = { class_type: string; inputs: Record<string, unknown> };
  const sent = (): Record<string, Node> =>
    upstream.seen.findLast((s) => s.path === "/prompt")?.body.prompt as Record<string, Node>;

  it("builds a graph whose every link leads to a node", async () => {
    for (const files of [[], [picture], [picture, mask]]) {
      await run(engine, "sd15", { task: files.length > 0 ? "image-edit" : "image", text: "a fox", files, controls: { n: 2 } });
      const graph = sent();
      for (const { inputs } of Object.values(graph))
        for (const value of Object.values(inputs)) if (Array.isArray(value)) expect(graph).toHaveProperty(String(value[0]));
      expect(graph.positive?.inputs.text).toBe("a fox");
      expect(graph.mask?.inputs.channel).toBe(files.length === 2 ? "alpha" : undefined);
    }
  });
  it("says which node cannot run, and why", async () => {
    await expect(run(engine, "missing", { text: "x" })).rejects.toMatchObject({
      code: "upstream-rejected",
      message: expect.stringMatching(/CheckpointLoaderSimple.*not in list.*missing/i),
    });
  });
  it("notices a picture that the server forgot", async () => {
    await expect(run(engine, "lost", { text: "x" })).rejects.toMatchObject({ code: "upstream-invalid" });
  });
  it("fills in the user's own workflow; a prompt stays a value", async () => {
    const workflow = {
      "1": { class_type: "CLIPTextEncode", inputs: { text: "masterpiece, {{prompt}}", clip: ["2", 0] } },
      "2": { class_type: "KSampler", inputs: { seed: "{{seed}}", steps: "{{steps}}" } },
      "3": { class_type: "SaveImage", inputs: { images: ["2", 0] } },
    };
    const text = '"}}, {{seed}} \\ ["9", 0]';
    await run(engine, "any", {
      text,
      controls: { seed: 5, steps: 4 },
      wire: { dialect: "openai.images", params: { workflow } },
    });
    expect(sent()["1"]?.inputs).toEqual({ text: `masterpiece, ${text}`, clip: ["2", 0] });
    expect(sent()["2"]?.inputs).toEqual({ seed: 5, steps: 4 });
    const refused = run(engine, "any", { text, wire: { dialect: "openai.images", params: { workflow: { nodes: [] } } } });
    await expect(refused).rejects.toMatchObject({ code: "bad-request" });
  });
  it("never lets a value become structure", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const brief = parseBrief({ task: "image", text, controls: { seed: 1 } });
        const wishes = pictureWishes({ kind: "plan", version: 1, brief, engine, model: "m", seed: 1, warnings: [] });
        const graph = { a: { class_type: "C", inputs: { text: "{{prompt}}", more: "<{{prompt}}>" } } };
        expect(filledWorkflow(graph, "m", wishes, {})).toEqual({
          a: { class_type: "C", inputs: { text: wishes.prompt, more: `<${wishes.prompt}>` } },
        });
      }),
    );
  });
});
