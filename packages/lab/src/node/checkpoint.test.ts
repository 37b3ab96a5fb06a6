import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import * as disk from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type ModelConfig, ModelConfigSchema } from "../models/config.ts";
import { type CheckpointContent, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import type { FileSystem } from "./durable-file.ts";

const root = mkdtempSync(join(tmpdir(), "lab-checkpoints-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const folder = () => join(root, String(folders++));

const config: ModelConfig = ModelConfigSchema.parse({ kind: "gpt", vocab: 65, context: 8, layers: 2, width: 4, heads: 2 });
const content = (value: number): CheckpointContent => ({
  weights: new Map([["w", { shape: [2, 2], data: Float32Array.of(value, -0, 1e-45, Number.NaN) }]]),
  optimiser: new Map([["w.m", { shape: [2], data: Float32Array.of(value / 3, Infinity) }]]),
  state: { loss: value / 7, random: [1, 2, 3, 4], nested: { none: null } },
  config,
});
const refused = (code: string, message = "") => expect.objectContaining({ code, message: expect.stringContaining(message) });
const steps = (path: string) => readdirSync(path).sort();

describe("saveCheckpoint", () => {
  it("gives back every bit, keeps the newest two, and points to the newest", async () => {
    const path = folder();
    for (const step of [9, 10, 100]) await saveCheckpoint(path, step, content(step));
    expect(steps(path)).toEqual(["latest", "step-10", "step-100"]);
    expect(readFileSync(join(path, "latest"), "utf8")).toBe("step-100\n");
    const back = (await loadCheckpoint(path, { config }))!;
    expect(back).toMatchObject({ step: 100, path: join(path, "step-100"), skipped: [], state: content(100).state, config });
    for (const part of ["weights", "optimiser"] as const)
      for (const [name, { shape, data }] of content(100)[part]) {
        const values = back[part].get(name)!;
        expect(values.shape).toEqual(shape);
        expect(new Uint32Array(values.data.buffer)).toEqual(new Uint32Array(data.buffer));
      }
  });
  it("replaces a checkpoint of the same step, and leaves later ones alone", async () => {
    const path = folder();
    for (const step of [1, 2, 5]) await saveCheckpoint(path, step, content(step), { keep: 9 });
    await saveCheckpoint(path, 2, content(77), { keep: 1 });
    expect(steps(path)).toEqual(["latest", "step-2", "step-5"]);
    rmSync(join(path, "step-5"), { recursive: true });
    expect((await loadCheckpoint(path))!.state).toEqual(content(77).state);
  });
  it("refuses a state that JSON would change in silence", async () => {
    const path = folder();
    const lossy = { ...content(1), state: { best: Infinity } };
    await expect(saveCheckpoint(path, 1, lossy)).rejects.toEqual(refused("bad-request", '"best"'));
    expect(existsSync(path)).toBe(false);
  });
});

describe("loadCheckpoint", () => {
  it("finds none in an empty or missing folder", async () => {
    const path = folder();
    expect(await loadCheckpoint(path)).toBeUndefined();
    mkdirSync(path);
    expect(await loadCheckpoint(path)).toBeUndefined();
  });
  it.each<[string, (step: string) => unknown, string]>([
    ["a weight flipped", (s) => flip(join(s, "model.safetensors"), -3), "model.safetensors was changed"],
    ["the optimiser cut off", (s) => truncateSync(join(s, "optimiser.safetensors"), 40), "optimiser.safetensors was changed"],
    ["the state edited", (s) => flip(join(s, "state.json"), 60), "state.json was changed"],
    ["the state emptied", (s) => truncateSync(join(s, "state.json"), 0), "state.json was changed"],
    ["bytes added to the state", (s) => appendFileSync(join(s, "state.json"), " "), "state.json was changed"],
    ["a file missing", (s) => rmSync(join(s, "model.safetensors")), "missing"],
    ["an empty folder", (s) => readdirSync(s).map((file) => rmSync(join(s, file))), "missing"],
  ])("falls back from %s, and says so", async (_, damage, reason) => {
    const path = folder();
    for (const step of [1, 2]) await saveCheckpoint(path, step, content(step));
    damage(join(path, "step-2"));
    const back = (await loadCheckpoint(path, { config }))!;
    expect(back.step).toBe(1);
    expect(back.state).toEqual(content(1).state);
    expect(back.skipped).toEqual([{ path: join(path, "step-2"), reason: expect.stringContaining(reason) }]);
    damage(join(path, "step-1"));
    await expect(loadCheckpoint(path)).rejects.toEqual(refused("bad-file", "no checkpoint of 2 is sound"));
  });
  it("is not fooled by a folder renamed to another step", async () => {
    const path = folder();
    await saveCheckpoint(path, 1, content(1));
    await disk.cp(join(path, "step-1"), join(path, "step-8"), { recursive: true });
    expect((await loadCheckpoint(path))!.step).toBe(1);
  });
  it("names the first field in which another model differs", async () => {
    const path = folder();
    await saveCheckpoint(path, 1, content(1));
    const other = (changes: object) => loadCheckpoint(path, { config: { ...config, ...changes } as ModelConfig });
    await expect(other({ layers: 3 })).rejects.toEqual(refused("conflict", "layers is 2 in it and 3 here"));
    await expect(other({ experts: { count: 4, top: 2, balance: 0 } })).rejects.toEqual(
      refused("conflict", "experts is not set in it"),
    );
    const vae = ModelConfigSchema.parse({ kind: "vae", columns: [] });
    await expect(loadCheckpoint(path, { config: vae })).rejects.toEqual(
      refused("conflict", 'kind is "gpt" in it and "vae" here'),
    );
  });
});

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[(at + bytes.length) % bytes.length]! ^= 1;
  writeFileSync(path, bytes);
}

/** A disk whose operations fail from the `from`th on: all of them as after SIGKILL, or only those that need room, as when it is full. */
function failing(from: number, mode: "killed" | "full"): FileSystem & { count: () => number } {
  let count = 0;
  const gate = <A extends unknown[], R>(needsRoom: boolean, run: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (needsRoom || mode === "killed") count++;
      if (count > from && (needsRoom || mode === "killed")) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
      return run(...args);
    };
  };
  const open = async (...args: Parameters<typeof disk.open>) => {
    const file = await disk.open(...args);
    // Half of the bytes arrive before the disk is full.
    const half = async (b: Uint8Array, at: number, n: number, place: number) => file.write(b, at, Math.ceil(n / 2), place);
    return new Proxy(file, {
      get(target, key) {
        if (key === "write") return gate(true, half);
        if (key === "sync") return gate(true, () => target.sync());
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  const fs = {
    mkdir: gate(true, disk.mkdir as never),
    open: gate(false, open),
    readdir: disk.readdir,
    rename: gate(false, disk.rename),
    rm: gate(false, disk.rm),
    count: () => count,
  };
  return fs as unknown as FileSystem & { count: () => number };
}

describe.each(["killed", "full"] as const)("when the training is stopped by a disk that is %s", (mode) => {
  it("the last good checkpoint or the new one is there after every single operation, and the next save works", async () => {
    const whole = failing(Number.POSITIVE_INFINITY, mode);
    const start = folder();
    await saveCheckpoint(start, 1, content(1));
    const trial = folder();
    await disk.cp(start, trial, { recursive: true });
    await saveCheckpoint(trial, 2, content(2), { fs: whole });
    expect(whole.count()).toBeGreaterThan(10);
    for (let from = 0; from < whole.count(); from++) {
      for (const step of [1, 2]) {
        const path = folder(); // step 1 replaces what is there; step 2 comes beside it
        await disk.cp(start, path, { recursive: true });
        await expect(saveCheckpoint(path, step, content(5), { fs: failing(from, mode) })).rejects.toEqual(refused("disk-full"));
        const back = (await loadCheckpoint(path, { config }))!;
        expect(back.skipped).toEqual([]);
        expect([content(1).state, content(5).state]).toContainEqual(back.state);
        if (mode === "full") expect(steps(path).filter((name) => name.includes("partial"))).toEqual([]);
        await saveCheckpoint(path, step, content(6));
        expect((await loadCheckpoint(path))!.state).toEqual(content(6).state);
        expect(steps(path).filter((name) => name.startsWith("."))).toEqual([]);
      }
    }
  });
});

/** A file system of 64 KiB of our own, where the kernel lets us mount one. */
const canMount =
  spawnSync("unshare", ["-rm", "sh", "-c", 'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d"']).status === 0;

describe("on a disk that is really full", () => {
  it.skipIf(!canMount)("the save says disk-full, and the one before is read back", () => {
    const mount = folder();
    mkdirSync(mount);
    const module = fileURLToPath(new URL("./checkpoint.ts", import.meta.url));
    const script = `
      import { loadCheckpoint, saveCheckpoint } from ${JSON.stringify(module)};
      const weights = new Map([["w", { shape: [7000], data: new Float32Array(7000).fill(3) }]]);
      const content = { weights, optimiser: new Map(), state: { a: 1 }, config: ${JSON.stringify(config)} };
      await saveCheckpoint(process.argv[1], 1, content);
      const error = await saveCheckpoint(process.argv[1], 2, { ...content, optimiser: weights }).catch((e) => e);
      const back = await loadCheckpoint(process.argv[1]);
      console.log(JSON.stringify([error.code, back.step, back.skipped.length, back.weights.get("w").data[6999]]));`;
    const run = spawnSync(
      "unshare",
      [
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" --import tsx --input-type=module -e "$3" "$1"',
        "sh",
        mount,
        process.execPath,
        script,
      ],
      { encoding: "utf8" },
    );
    expect(run.stdout.trim(), run.stderr).toBe('["disk-full",1,0,3]');
  });
});
