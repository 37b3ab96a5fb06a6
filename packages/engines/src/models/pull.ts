import { mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InksealError } from "@inkseal/core";
import { readGguf } from "../local/gguf.ts";
import type { Transport } from "../transport.ts";
import { chooseFiles } from "./choose-files.ts";
import { type Download, download } from "./download.ts";
import { dropEmpty } from "./drop-empty.ts";
import { endpointOf, type Hub, hubFiles, hubUrl, publicHub } from "./hub.ts";
import { importLocal } from "./import-local.ts";
import { lockOfPart } from "./part.ts";
import { takeLock } from "./pull-lock.ts";
import { Rate } from "./rate.ts";
import { digestOf, readRecord, writeRecord } from "./record.ts";
import { needRoom } from "./room.ts";
import { safeName } from "./safe-name.ts";
import { type HubSource, parseSource } from "./source.ts";
import { idOf } from "./split-name.ts";

export interface PullOptions {
  /** The models folder; made when it is not there. */
  readonly folder: string;
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** `https://huggingface.co` unless said otherwise. */
  readonly endpoint?: string | undefined;
  /** For the hub alone: goes to no other host, into no file and no message. */
  readonly token?: string | undefined;
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number;
  readonly pause?: Download["pause"];
}
export type PullEvent =
  | {
      readonly type: "started";
      readonly id: string;
      readonly kind: "gguf" | "onnx";
      /** Below the folder. */
      readonly files: readonly string[];
      /** Of all files together, where known; `rate` in bytes a second. */
      readonly total: number | undefined;
    }
  | {
      readonly type: "progress";
      readonly file: string;
      readonly bytes: number;
      readonly total: number | undefined;
      readonly rate: number | undefined;
    }
  | { readonly type: "retry"; readonly file: string; readonly why: string; readonly waitMs: number }
  | {
      readonly type: "file";
      readonly file: string;
      readonly bytes: number;
      readonly sha256: string;
      /** What became of it: `present` was there already, the same. */
      readonly how: "downloaded" | "present" | "linked" | "copied";
    }
  | { readonly type: "finished"; readonly id: string; readonly kind: "gguf" | "onnx"; readonly bytes: number };

/** One file of a model that is to be pulled. */
export interface PlannedFile {
  /** Below the folder. */
  readonly name: string;
  readonly url: string;
  readonly bytes?: number;
  readonly sha256?: string;
}
interface PullPlan {
  readonly id: string;
  readonly kind: "gguf" | "onnx";
  readonly files: readonly PlannedFile[];
  readonly token: string | undefined;
}
/** Milliseconds between two progress events. */
const pace = 100;

/**
 * Brings a model into the folder; `source` as {@link parseSource} takes it. Whoever stops reading stops the work; what has
 * come is kept, and the same call goes on from there. Throws what {@link parseSource}, {@link chooseFiles} and
 * {@link download} throw, `bad-file` for what is no model, `conflict` while another pulls the same file.
 * @example for await (const event of pullModel("hf:publisher/repo:Q4_K_M", { folder, transport, signal })) …
 */
export async function* pullModel(source: string, options: PullOptions): AsyncGenerator<PullEvent, void, undefined> {
  const { folder, signal } = options;
  const hub: Hub = { endpoint: endpointOf(options.endpoint ?? publicHub), token: options.token };
  const from = parseSource(source, hub.endpoint);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (from.kind === "path") {
    yield* importLocal(from.path, folder, signal);
    return;
  }
  const plan =
    from.kind === "hub"
      ? await hubPlan(from, hub, options)
      : { id: idOf(from.name), kind: "gguf" as const, files: [{ ...from }], token: undefined };
  const sizes = plan.files.map((f) => f.bytes);
  const total = sizes.every((b) => b !== undefined) ? sizes.reduce((sum: number, b) => sum + (b ?? 0), 0) : undefined;
  yield { type: "started", id: plan.id, kind: plan.kind, files: plan.files.map((f) => f.name), total };
  await needRoom(folder, await missing(plan.files, folder));
  let done = 0;
  for (const file of plan.files) done += yield* pullFile(file, plan, done, total, options);
  yield { type: "finished", id: plan.id, kind: plan.kind, bytes: done };
}

async function hubPlan(source: HubSource, hub: Hub, options: PullOptions): Promise<PullPlan> {
  const { kind, files } = chooseFiles(await hubFiles(hub, source, options), source);
  const planned = files.map(({ path, bytes, sha256 }) => ({
    name: safeName(`${source.repo}/${path}`),
    url: hubUrl(hub, source, path),
    bytes,
    ...(sha256 !== undefined && { sha256 }),
  }));
  const id = kind === "onnx" ? source.repo : idOf(planned[0]?.name ?? "");
  return { id, kind, files: planned, token: hub.token };
}

/** Bytes that have to come for files that are neither there nor partly there. */
async function missing(files: readonly PlannedFile[], folder: string): Promise<number> {
  let sum = 0;
  for (const { name, bytes = 0 } of files) {
    const there = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;
    sum += Math.max(0, bytes - Math.max(await there(join(folder, name)), await there(join(folder, `${name}.part`))));
  }
  return sum;
}

async function* pullFile(
  file: PlannedFile,
  plan: PullPlan,
  before: number,
  total: number | undefined,
  { folder, transport, signal, now = () => performance.now(), pause }: PullOptions,
): AsyncGenerator<PullEvent, number, undefined> {
  const { name, url, bytes, sha256 } = file;
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const release = await takeLock(lockOfPart(path), name);
  try {
    const there = await presentAs(path, file, signal);
    if (there !== undefined && sha256 !== undefined) {
      yield { type: "file", file: name, bytes: there.bytes, sha256: there.sha256, how: "present" };
      return there.bytes;
    }
    const check = plan.kind === "gguf" ? readGguf : undefined;
    const wanted = { url, path, bytes, sha256, token: plan.token, etag: there?.etag, ...(check && { check }) };
    const rate = new Rate();
    let shownAt = Number.NEGATIVE_INFINITY;
    const work = download(wanted, { transport, signal, ...(pause && { pause }) });
    let step = await work.next();
    try {
      for (; !step.done; step = await work.next()) {
        const event = step.value;
        if (event.type === "retry") yield { ...event, file: name };
        else if (now() - shownAt >= pace || event.bytes === event.total) {
          shownAt = now();
          rate.mark(shownAt, event.bytes);
          const all = total ?? (plan.files.length === 1 ? event.total : undefined);
          yield { type: "progress", file: name, bytes: before + event.bytes, total: all, rate: rate.perSecond };
        }
      }
    } finally {
      if (!step.done) await work.return(undefined as never);
    }
    const got = step.value;
    if (got.unchanged && there !== undefined) {
      yield { type: "file", file: name, bytes: there.bytes, sha256: there.sha256, how: "present" };
      return there.bytes;
    }
    if (got.sha256 === undefined)
      throw new InksealError("upstream-invalid", "the server says that nothing has changed where nothing was");
    await writeRecord(path, { from: url, sha256: got.sha256, ...(got.etag !== undefined && { etag: got.etag }) });
    yield { type: "file", file: name, bytes: got.bytes, sha256: got.sha256, how: "downloaded" };
    return got.bytes;
  } finally {
    await release();
    await dropEmpty(dirname(path), folder);
  }
}

/** What is there already: the very file where its checksum is known, otherwise one of the same address to ask about. */
async function presentAs(
  path: string,
  { url, bytes, sha256 }: PlannedFile,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string; etag?: string } | undefined> {
  const size = (await stat(path).catch(() => undefined))?.size;
  if (size === undefined || (bytes !== undefined && size !== bytes)) return undefined;
  const record = await readRecord(path);
  if (sha256 === undefined) return record?.from === url && record.etag !== undefined ? record : undefined;
  if (record?.sha256 === sha256) return record;
  if (record !== undefined || (await digestOf(path, signal)) !== sha256) return undefined;
  return await writeRecord(path, { from: url, sha256 });
}
