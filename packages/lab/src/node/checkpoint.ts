/**
 * Checkpoints of a training in one folder, each a folder `step-N` of model.safetensors, optimiser.safetensors and state.json, which
 * seals the others and itself by SHA-256. One becomes visible by a rename after all its bytes are on the disk, so that a crash or a full
 * disk at any moment leaves the ones before it whole. `latest` names the newest, for people and scripts.
 */
import { createHash } from "node:crypto";
import * as disk from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import * as z from "zod";
import { readSafetensors, writeSafetensors } from "../export/safetensors.ts";
import { type ModelConfig, ModelConfigSchema } from "../models/config.ts";
import type { Weights } from "../weights.ts";
import { diskError, errorCode, type FileSystem, readWhole, replaceFile, syncFolder, writeDurably } from "./durable-file.ts";

export interface CheckpointContent {
  readonly weights: Weights;
  readonly optimiser: Weights;
  /** All else that going on bit-exactly needs (loader, random generators, best loss): JSON, its numbers finite. */
  readonly state: unknown;
  readonly config: ModelConfig;
}

export interface Checkpoint extends CheckpointContent {
  readonly step: number;
  readonly path: string;
  /** Newer checkpoints that did not verify, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

const SealSchema = z.strictObject({
  format: z.literal("inkseal-checkpoint"),
  version: z.literal(1),
  step: z.int().min(0),
  config: ModelConfigSchema,
  state: z.unknown(),
  files: z.record(
    z.enum(["model.safetensors", "optimiser.safetensors"]),
    z.strictObject({ bytes: z.int().min(0), sha256: z.string() }),
  ),
  sha256: z.string(),
});

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");

/**
 * Writes a checkpoint and returns its folder; of this and earlier steps the newest `keep` stay. One of the same step is replaced.
 * Throws `disk-full`, after which the earlier ones are whole, and `bad-request` when the state is not JSON.
 */
export async function saveCheckpoint(
  folder: string,
  step: number,
  { weights, optimiser, state, config }: CheckpointContent,
  { keep = 2, fs = disk }: { readonly keep?: number; readonly fs?: FileSystem } = {},
): Promise<string> {
  if (!Number.isSafeInteger(step) || step < 0 || !Number.isInteger(keep) || keep < 1)
    throw new InksealError("bad-request", `cannot save step ${step} and keep ${keep} checkpoints`);
  const files = { "model.safetensors": writeSafetensors(weights), "optimiser.safetensors": writeSafetensors(optimiser) };
  const sums = Object.fromEntries(Object.entries(files).map(([name, b]) => [name, { bytes: b.length, sha256: sha256(b) }]));
  const body = { format: "inkseal-checkpoint", version: 1, step, config, state: state ?? null, files: sums };
  const text = JSON.stringify(body, refuseLossy);
  const sealed = `${text.slice(0, -1)},"sha256":"${sha256(text)}"}\n`;

  const path = join(folder, `step-${step}`);
  const partial = join(folder, `.step-${step}.partial`);
  const replaced = join(folder, `.step-${step}.replaced`);
  try {
    await fs.mkdir(folder, { recursive: true });
    await sweep(folder, fs);
    try {
      await fs.mkdir(partial);
      for (const [name, bytes] of Object.entries(files)) await writeDurably(join(partial, name), bytes, fs);
      await writeDurably(join(partial, "state.json"), new TextEncoder().encode(sealed), fs);
      await syncFolder(partial, fs);
      await fs.rename(path, replaced).catch(ignoreMissing);
      await fs.rename(partial, path);
    } catch (error) {
      await fs.rm(partial, { recursive: true, force: true }).catch(() => {});
      throw error;
    }
    await syncFolder(folder, fs);
    await fs.rm(replaced, { recursive: true, force: true });
    await replaceFile(join(folder, "latest"), new TextEncoder().encode(`step-${step}\n`), fs);
    const earlier = (await list(folder, fs)).filter((found) => found.step <= step);
    for (const { name } of earlier.slice(keep)) await fs.rm(join(folder, name), { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, `the checkpoint of step ${step}; the ones before it are whole`);
  }
  return path;
}

/**
 * The newest checkpoint that verifies, or none when there are none. Throws `bad-file` when none verifies, and `conflict`, naming the
 * first field that differs, when it is of another model than `config`.
 */
export async function loadCheckpoint(
  folder: string,
  { config, fs = disk }: { readonly config?: ModelConfig; readonly fs?: FileSystem } = {},
): Promise<Checkpoint | undefined> {
  const skipped: { path: string; reason: string }[] = [];
  for (const { name, step } of await list(folder, fs)) {
    const path = join(folder, name);
    try {
      return { ...(await verify(path, step, config, fs)), step, path, skipped };
    } catch (error) {
      const missing = errorCode(error) === "ENOENT";
      if (!missing && !(InksealError.is(error) && error.code === "bad-file")) throw error;
      skipped.push({ path, reason: missing ? "a file is missing" : (error as InksealError).message });
    }
  }
  if (skipped.length === 0) return undefined;
  const reasons = skipped.map(({ path, reason }) => `${path}: ${reason}`).join("; ");
  throw new InksealError("bad-file", `no checkpoint of ${skipped.length} is sound: ${reasons}`);
}

async function verify(path: string, step: number, config: ModelConfig | undefined, fs: FileSystem): Promise<CheckpointContent> {
  const sealed = new TextDecoder().decode(await readWhole(join(path, "state.json"), fs));
  // The seal is the text itself without its last member.
  const [, text, sum] = /^(\{[\s\S]*),"sha256":"([0-9a-f]{64})"\}\n$/.exec(sealed) ?? [];
  if (text === undefined || sha256(`${text}}`) !== sum) throw new InksealError("bad-file", "state.json was changed or cut off");
  const seal = SealSchema.safeParse(JSON.parse(sealed));
  if (!seal.success || seal.data.step !== step)
    throw new InksealError("bad-file", "state.json is none of this version and step");
  const field = config === undefined ? undefined : firstDifference(seal.data.config, JSON.parse(JSON.stringify(config)), "");
  if (field !== undefined) throw new InksealError("conflict", `the checkpoint is of another model: ${field}`);
  const read = async (name: "model.safetensors" | "optimiser.safetensors") => {
    const bytes = await readWhole(join(path, name), fs);
    const { bytes: size, sha256: sum } = seal.data.files[name];
    if (bytes.length !== size || sha256(bytes) !== sum)
      throw new InksealError(
        "bad-file",
        `${name} was changed or cut off: it has ${bytes.length} bytes of ${size}, or another SHA-256`,
      );
    return readSafetensors(bytes).weights;
  };
  return {
    weights: await read("model.safetensors"),
    optimiser: await read("optimiser.safetensors"),
    state: seal.data.state,
    config: seal.data.config,
  };
}

/** Checkpoints by name, the newest step first; one that a crash left half replaced counts after its replacement. */
async function list(folder: string, fs: FileSystem): Promise<{ name: string; step: number }[]> {
  const names = (await fs.readdir(folder).catch(ignoreMissing)) ?? [];
  const found = names.flatMap((name) => {
    const step = /^(?:step-(\d+)|\.step-(\d+)\.replaced)$/.exec(name);
    return step === null ? [] : [{ name, step: Number(step[1] ?? step[2]) }];
  });
  return found.sort((a, b) => b.step - a.step || Number(a.name.startsWith(".")) - Number(b.name.startsWith(".")));
}

/** Clears away what a killed save has left: unfinished ones go; one moved aside goes back when its replacement never came. */
async function sweep(folder: string, fs: FileSystem): Promise<void> {
  const names: string[] = await fs.readdir(folder);
  for (const name of names) {
    if (/^\.step-\d+\.partial$/.test(name)) await fs.rm(join(folder, name), { recursive: true, force: true });
    const [, finished] = /^\.(step-\d+)\.replaced$/.exec(name) ?? [];
    if (finished === undefined) continue;
    if (names.includes(finished)) await fs.rm(join(folder, name), { recursive: true, force: true });
    else await fs.rename(join(folder, name), join(folder, finished));
  }
}

/** The first place where two JSON values differ, in words; none when they are equal. */
function firstDifference(saved: unknown, asked: unknown, path: string): string | undefined {
  const object = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  if (object(saved) && object(asked)) {
    for (const key of new Set([...Object.keys(asked), ...Object.keys(saved)])) {
      const difference = firstDifference(saved[key], asked[key], path === "" ? key : `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  if (Object.is(saved, asked)) return undefined;
  const say = (value: unknown) => (value === undefined ? "not set" : JSON.stringify(value));
  return `${path} is ${say(saved)} in it and ${say(asked)} here`;
}

/** JSON turns NaN and the infinities into null in silence: a training that goes on from that is another training. */
function refuseLossy(key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new InksealError(
      "bad-request",
      `the checkpoint's state has ${value} at ${JSON.stringify(key)}, which JSON cannot hold`,
    );
  return value;
}

function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
}
