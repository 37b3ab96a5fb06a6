import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type TrainEventJson, type TrainingJson } from "@inkseal/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { House } from "../house.ts";
import { loadConfig } from "../load-config.ts";
import { openHouse } from "../open-house.ts";
import { type Running, startServer } from "../server.ts";

const text = "the brush is wet, the paper waits; the seal is red. ".repeat(60);
const tiny = {
  model: { kind: "gpt", context: 32, layers: 1, width: 32, heads: 2 },
  steps: 30,
  batch: 4,
  warmup: 2,
  learningRate: 0.01,
  evaluateEvery: 10,
  evaluateBatches: 2,
  checkpointEvery: 10,
  threads: 1,
};
const endless = { ...tiny, steps: 1_000_000, checkpointEvery: 1_000_000 };

describe("trainings on a server", () => {
  let home: string;
  let house: House;
  let server: Running;
  let client: ReturnType<typeof createClient>;
  const open = async (): Promise<void> => {
    house = await openHouse(await loadConfig({ INKSEAL_GRAMS_PER_KWH: "100" }, { home, port: 0 }), {});
    server = await startServer(house);
    client = createClient({ baseUrl: server.url, source: "studio" });
  };
  const close = async (): Promise<void> => {
    await server.close();
    await house.close();
  };
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "inkseal-trainings-"));
    await open();
  });
  afterAll(async () => {
    await close();
    await rm(home, { recursive: true, force: true });
  });

  /** What a training reports until it is over, or until `enough`. */
  async function watched(name: string, enough: (training: TrainingJson, events: TrainEventJson[]) => boolean = () => false) {
    const events: TrainEventJson[] = [];
    let training: TrainingJson | undefined;
    for await (const word of client.trainings.events(name)) {
      if (word.type === "state") training = word.training;
      else events.push(...word.events);
      if (enough(training!, events)) break;
    }
    return { training: training!, events };
  }

  it("trains what it is sent, tells how it goes, and serves the model at once; all of it is in the ledger", async () => {
    const begun = await client.trainings.start({ name: "墨", config: tiny, text });
    expect(begun).toMatchObject({ name: "墨", kind: "gpt", steps: 30, gramsPerKwh: 100 });
    const { training, events } = await watched("墨");
    expect(training).toMatchObject({ state: "idle", outcome: "finished", step: 30, model: "lab/墨" });
    expect(training.gramsCo2e).toBeCloseTo((training.joules / 3.6e6) * 100, 9);
    expect(new Set(events.map((e) => e.type))).toEqual(new Set(["start", "step", "evaluation", "checkpoint", "end"]));
    const after = await watched("墨"); // a reader that comes later reads the log
    expect(after.events.filter((e) => e.type === "step").length).toBe(30);

    const [row] = await house.ledger.rows({ limit: 1, task: "training" });
    const weights = await readFile(join(home, "lab/墨/model/model.safetensors"));
    const digest = createHash("sha256").update(weights).digest("hex");
    expect(row).toMatchObject({ status: "done", engine: "lab", model: "墨", outputDigest: digest, source: "studio" });
    expect(row!.usage.inputTokens).toBe(30 * 4 * 32);

    const said = await client.run({
      task: "completion",
      model: "lab/墨",
      text: "the seal",
      controls: { maxTokens: 10, seed: 1 },
    });
    expect(said).toMatchObject({ engine: "lab", finish: "length", usage: { inputTokens: 8, outputTokens: 10 } });
    expect(said.usage.energy).toBeGreaterThan(0); // measured in this process
    expect(said.usage.gramsCo2e).toBeCloseTo((said.usage.energy! / 3.6e6) * 100, 9);
    const completed = await fetch(`${server.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "lab/墨", prompt: "the", max_tokens: 4, seed: 1 }),
    });
    expect((await completed.json()).choices[0].text.length).toBe(4);

    const archive = join(home, "model.tar");
    await writeFile(archive, Buffer.from(await (await client.trainings.model("墨")).arrayBuffer()));
    const listed = execFileSync("tar", ["-tf", archive], { encoding: "utf8" }).trim().split("\n");
    expect(listed).toEqual(expect.arrayContaining(["model/config.json", "model/model.safetensors", "model/tokenizer.json"]));
    execFileSync("tar", ["-xf", archive, "-C", home]);
    expect(await readFile(join(home, "model/model.safetensors"))).toEqual(weights);
  });

  it("trains one at a time, stops with a checkpoint, goes on from there, and lets a queued one go", async () => {
    const file = new File([text], "poems.txt", { type: "text/plain" });
    await client.trainings.start({ name: "first", config: endless }, { files: [file] });
    expect(await client.trainings.start({ name: "second", config: endless, text })).toMatchObject({ state: "queued" });
    expect((await client.trainings.stop("second")).state).toBe("idle");
    await watched("first", (_, events) => events.some((e) => e.type === "step" && e.step > 3));
    await expect(client.trainings.resume("first")).rejects.toMatchObject({ code: "conflict" });
    await expect(client.trainings.delete("first")).rejects.toMatchObject({ code: "conflict" });
    await client.trainings.stop("first");
    const { training } = await watched("first");
    expect(training).toMatchObject({ state: "idle", outcome: "cancelled" });
    const [row] = await house.ledger.rows({ limit: 1 });
    expect(row).toMatchObject({ status: "cancelled", model: "first" });

    await client.trainings.resume("first", { steps: training.step + 5 });
    const resumed = await watched("first");
    expect(resumed.training).toMatchObject({ outcome: "finished", step: training.step + 5 });
    expect(resumed.events.filter((e) => e.type === "start").at(-1)).toMatchObject({ step: training.step });
    await client.trainings.delete("first");
    await expect(client.trainings.get("first")).rejects.toMatchObject({ code: "not-found" });
  });

  it("trains other kinds of models from what is uploaded", async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `${i % 2 === 0 ? "ink" : "paper"},${(i % 7) + i / 300}`);
    const file = new File([`what,how/much\n${rows.join("\n")}`], "table.csv");
    const config = {
      ...tiny,
      model: {
        kind: "vae",
        latent: 4,
        hidden: 16,
        columns: [
          { type: "category", name: "what" },
          { type: "number", name: "how/much", modes: 3 },
        ],
      },
    };
    await client.trainings.start({ name: "table", config }, { files: [file] });
    const { training, events } = await watched("table");
    expect(training).toMatchObject({ kind: "vae", outcome: "finished", step: 30 });
    expect(training.model).toBeUndefined(); // it writes no text
    expect(training.modelBytes).toBeGreaterThan(0);
    expect(events.some((e) => e.type === "evaluation")).toBe(true);
  });

  it("says why a training failed", async () => {
    await client.trainings.start({ name: "hopeless", config: { ...tiny, memory: 1000 }, text });
    const { training } = await watched("hopeless");
    expect(training).toMatchObject({ state: "idle", outcome: "failed", error: { code: "too-large" } });
    expect((await house.ledger.rows({ limit: 1 }))[0]).toMatchObject({ status: "failed", errorCode: "too-large" });
  });

  it("keeps to the Lab's folder", async () => {
    await writeFile(join(home, "secret.txt"), "secret ".repeat(100));
    const config = (more: object) => ({ name: "thief", config: { ...tiny, ...more } });
    const outside = [
      { data: [{ path: "../../secret.txt" }] },
      { data: [{ path: join(home, "secret.txt") }] },
      { from: "/etc" },
      { tokenizer: { type: "file", path: "../../../x" } },
      { distil: { teacher: "../../models" } },
      { model: { kind: "vit", text: {} } },
      { machines: { rank: 0, size: 2, address: "0.0.0.0:1" } },
    ];
    for (const more of outside) await expect(client.trainings.start(config(more))).rejects.toMatchObject({ code: "forbidden" });
    for (const name of ["..", "a/b", ".hidden", "", "checkpoints"])
      await expect(client.trainings.start({ name, config: tiny, text })).rejects.toMatchObject({
        code: expect.stringMatching(/bad-request|conflict/),
      });
    await expect(client.trainings.start({ name: "墨", config: tiny, text })).rejects.toMatchObject({ code: "conflict" });
    await expect(client.trainings.start(config({ steps: 0 }))).rejects.toMatchObject({ code: "bad-request" });
    await expect(client.trainings.get("nobody")).rejects.toMatchObject({ code: "not-found" });
    expect((await client.trainings.list()).map((t) => t.name)).not.toContain("thief");
    // from another training's model is within
    await client.trainings.start({ name: "child", config: { ...tiny, from: "../墨/model", steps: 2 }, text });
    expect((await watched("child")).training.outcome).toBe("finished");
  });

  it("is stopped with its server, which says so, and a run that was killed is settled at the next start", async () => {
    await client.trainings.start({ name: "long", config: endless, text });
    await watched("long", (_, events) => events.some((e) => e.type === "step" && e.step > 3));
    await close();
    const killed = join(home, "lab/killed");
    await mkdir(killed, { recursive: true });
    const open1 = {
      run: "run_killed",
      startedAt: Date.now() - 1000,
      actor: "local",
      source: "cli",
      configDigest: "0".repeat(64),
      logged: 0,
    };
    await writeFile(join(killed, "run.json"), JSON.stringify(open1));
    await writeFile(join(killed, "training.json"), JSON.stringify(endless));
    await open();
    const [settled, interrupted] = await house.ledger.rows({ limit: 2 });
    expect(interrupted).toMatchObject({ model: "long", status: "interrupted", errorCode: "shutting-down" });
    expect(settled).toMatchObject({ run: "run_killed", model: "killed", status: "interrupted", source: "cli" });
    const { training } = await client.trainings.get("long");
    expect(training.step).toBeGreaterThan(3); // its checkpoint was written
    const { run: _, ...record } = settled!;
    const row = await client.trainings.record({ ...record, run: "run_elsewhere", task: "training", engine: "lab" });
    expect(row).toMatchObject({ run: "run_elsewhere", actor: "local", source: "studio" });
  });
});
