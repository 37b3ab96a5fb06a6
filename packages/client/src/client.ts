import { type ArtifactInfo, type ChainReport, LedgerRow, type Policy, VerifyReport } from "@inkseal/core";
import { z } from "zod";
import { blobOf, briefRequest, type ClientBrief } from "./brief.ts";
import * as s from "./schemas.ts";
import { type ClientEvent, chainReport, jsonLines, runEvents, trainingEvents } from "./stream.ts";
import * as l from "./training-schemas.ts";
import { broken, type CallOptions, type ClientOptions, Wire } from "./wire.ts";

/** Everything the native API does. Every method throws only InksealErrors: the server's own, `unreachable`, `cancelled`. */
export interface Client {
  health(options?: CallOptions): Promise<s.Health>;
  models(options?: CallOptions): Promise<s.ModelList>;
  /**
   * Runs a brief and yields what happens. Leaving the loop, or aborting the signal, cancels the run.
   * A run that fails ends with a `failed` event; only what kept it from beginning is thrown.
   */
  create(brief: ClientBrief, options?: CallOptions): AsyncIterable<ClientEvent>;
  /**
   * Runs a brief to its end. Throws the run's error, which carries the run's id. The server is silent until then, and
   * `fetch` gives up on a server that is silent for some five minutes: what may take longer is for `create`.
   */
  run(brief: ClientBrief, options?: CallOptions): Promise<s.RunResult>;
  /** What a file's marks and the ledger say of it. */
  verify(bytes: Uint8Array | Blob, options?: CallOptions): Promise<VerifyReport>;
  readonly runs: {
    list(query?: s.RunsQuery, options?: CallOptions): Promise<s.RunsPage>;
    get(run: string, options?: CallOptions): Promise<LedgerRow>;
    /** Throws `not-found` when no such run is in flight. */
    cancel(run: string, options?: CallOptions): Promise<void>;
  };
  readonly artifacts: {
    list(query?: s.ArtifactsQuery, options?: CallOptions): Promise<s.ArtifactsPage>;
    get(id: string, options?: CallOptions): Promise<ArtifactInfo>;
    bytes(id: string, options?: CallOptions): Promise<Blob>;
    /** Address of the bytes, for `<img>` and `<audio>`; of use only where no key is needed. */
    url(id: string, options?: { readonly download?: boolean }): string;
    delete(id: string, options?: CallOptions): Promise<void>;
  };
  readonly ledger: {
    head(options?: CallOptions): Promise<s.LedgerHead>;
    /** Walks the whole chain. */
    verify(options?: CallOptions & { readonly onProgress?: (done: number, total: number) => void }): Promise<ChainReport>;
    /** Every row, oldest first. */
    export(options?: CallOptions): AsyncIterable<LedgerRow>;
  };
  readonly policies: {
    list(options?: CallOptions): Promise<readonly Policy[]>;
    get(name: string, options?: CallOptions): Promise<Policy>;
    put(name: string, policy: s.PolicyBody, options?: CallOptions): Promise<Policy>;
    delete(name: string, options?: CallOptions): Promise<void>;
  };
  readonly keys: {
    list(options?: CallOptions): Promise<readonly s.KeyJson[]>;
    /** The secret is returned this once. */
    create(key: s.NewKeyBody, options?: CallOptions): Promise<s.KeyCreated>;
    revoke(id: string, options?: CallOptions): Promise<void>;
  };
  /** The Lab's trainings on the server: one at a time, the others wait. */
  readonly trainings: {
    list(options?: CallOptions): Promise<readonly l.TrainingJson[]>;
    get(name: string, options?: CallOptions): Promise<l.TrainingAnswer>;
    /** Starts a training, or queues it. `files` are what it learns, beside or in place of `text`. */
    start(training: l.NewTraining, options?: CallOptions & { readonly files?: readonly File[] }): Promise<l.TrainingJson>;
    /** Goes on from the newest checkpoint; with `steps` to another end than the configuration's. */
    resume(name: string, options?: CallOptions & { readonly steps?: number }): Promise<l.TrainingJson>;
    /** Stops after the step in hand, with a checkpoint; a queued one leaves the queue. */
    stop(name: string, options?: CallOptions): Promise<l.TrainingJson>;
    delete(name: string, options?: CallOptions): Promise<void>;
    /** Its log and what it reports from now on, until it is over. */
    events(name: string, options?: CallOptions): AsyncIterable<l.TrainingEventJson>;
    /** The finished model's files as a tar archive. */
    model(name: string, options?: CallOptions): Promise<Blob>;
    /** Enters the row of a training that ran in another process of this machine. */
    record(record: l.TrainingRecordBody, options?: CallOptions): Promise<LedgerRow>;
  };
  /** The OpenAPI 3.1 document. */
  openapi(options?: CallOptions): Promise<Record<string, unknown>>;
}

/**
 * A client of the server at `baseUrl`. Needs only `fetch`: the same in Node and in a browser.
 * @example
 * const ink = createClient({ baseUrl: "http://127.0.0.1:8787" });
 * for await (const event of ink.create({ task: "chat", messages: [{ role: "user", content: "你好" }] }))
 *   if (event.type === "delta") for (const chunk of event.chunks) process.stdout.write(chunk.text ?? "");
 */
export function createClient(options: ClientOptions): Client {
  const wire = new Wire(options);
  const at = (path: string, id: string): string => `${path}/${encodeURIComponent(id)}`;

  async function* create(brief: ClientBrief, { signal }: CallOptions = {}): AsyncGenerator<ClientEvent, void, undefined> {
    const { body, headers } = briefRequest(brief, true);
    const accept = { ...headers, accept: "text/event-stream" };
    yield* runEvents(await wire.send("/api/runs", { method: "POST", body, headers: accept, signal }), signal);
  }

  async function* exportRows({ signal }: CallOptions = {}): AsyncGenerator<LedgerRow, void, undefined> {
    yield* jsonLines(await wire.send("/api/ledger/export", { query: { format: "jsonl" }, signal }), LedgerRow, signal);
  }

  async function* watch(name: string, { signal }: CallOptions = {}): AsyncGenerator<l.TrainingEventJson, void, undefined> {
    const headers = { accept: "text/event-stream" };
    yield* trainingEvents(await wire.send(`${at("/api/trainings", name)}/events`, { headers, signal }), signal);
  }

  return {
    health: (o) => wire.json(s.Health, "/api/health", o),
    models: (o) => wire.json(s.ModelList, "/api/models", o),
    create,
    run: (brief, o) => wire.json(s.RunResult, "/api/runs", { ...o, method: "POST", ...briefRequest(brief, false) }),
    verify: (bytes, o) => {
      const headers = { "content-type": "application/octet-stream" };
      return wire.json(VerifyReport, "/api/verify", { ...o, method: "POST", body: blobOf(bytes), headers });
    },
    runs: {
      list: (query, o) => wire.json(s.RunsPage, "/api/runs", { ...o, query }),
      get: async (run, o) => (await wire.json(s.RunAnswer, at("/api/runs", run), o)).row,
      cancel: async (run, o) => {
        await wire.json(s.CancelAnswer, at("/api/runs", run), { ...o, method: "DELETE" });
      },
    },
    artifacts: {
      list: (query, o) => wire.json(s.ArtifactsPage, "/api/artifacts", { ...o, query }),
      get: async (id, o) => (await wire.json(s.ArtifactAnswer, at("/api/artifacts", id), o)).artifact,
      bytes: async (id, o) => {
        const response = await wire.send(`${at("/api/artifacts", id)}/bytes`, o);
        return response.blob().catch((thrown) => Promise.reject(broken(thrown, o?.signal)));
      },
      url: (id, o) => wire.address(`${at("/api/artifacts", id)}/bytes`, { download: o?.download ? "1" : undefined }),
      delete: async (id, o) => {
        await wire.send(at("/api/artifacts", id), { ...o, method: "DELETE" });
      },
    },
    ledger: {
      head: (o) => wire.json(s.LedgerHead, "/api/ledger", o),
      verify: async ({ onProgress, signal } = {}) => {
        if (onProgress === undefined) return wire.json(s.ChainReport, "/api/ledger/verify", { signal });
        const headers = { accept: "text/event-stream" };
        return chainReport(await wire.send("/api/ledger/verify", { headers, signal }), onProgress, signal);
      },
      export: exportRows,
    },
    policies: {
      list: async (o) => (await wire.json(s.PolicyList, "/api/policies", o)).policies,
      get: async (name, o) => (await wire.json(s.PolicyAnswer, at("/api/policies", name), o)).policy,
      put: async (name, policy, o) => (await wire.sendJson(s.PolicyAnswer, at("/api/policies", name), "PUT", policy, o)).policy,
      delete: async (name, o) => {
        await wire.send(at("/api/policies", name), { ...o, method: "DELETE" });
      },
    },
    keys: {
      list: async (o) => (await wire.json(s.KeyList, "/api/keys", o)).keys,
      create: (key, o) => wire.sendJson(s.KeyCreated, "/api/keys", "POST", key, o),
      revoke: async (id, o) => {
        await wire.send(at("/api/keys", id), { ...o, method: "DELETE" });
      },
    },
    trainings: {
      list: async (o) => (await wire.json(l.TrainingList, "/api/trainings", o)).trainings,
      get: (name, o) => wire.json(l.TrainingAnswer, at("/api/trainings", name), o),
      start: async (training, { files = [], ...o } = {}) => {
        if (files.length === 0) return (await wire.sendJson(l.TrainingAnswer, "/api/trainings", "POST", training, o)).training;
        const body = new FormData();
        body.set("training", JSON.stringify(training));
        for (const file of files) body.append("files[]", file, file.name);
        return (await wire.json(l.TrainingAnswer, "/api/trainings", { ...o, method: "POST", body })).training;
      },
      resume: async (name, { steps, ...o } = {}) =>
        (await wire.sendJson(l.TrainingAnswer, `${at("/api/trainings", name)}/resume`, "POST", { steps }, o)).training,
      stop: async (name, o) =>
        (await wire.sendJson(l.TrainingAnswer, `${at("/api/trainings", name)}/stop`, "POST", {}, o)).training,
      delete: async (name, o) => {
        await wire.send(at("/api/trainings", name), { ...o, method: "DELETE" });
      },
      events: watch,
      model: async (name, o) => {
        const response = await wire.send(`${at("/api/trainings", name)}/model`, o);
        return response.blob().catch((thrown) => Promise.reject(broken(thrown, o?.signal)));
      },
      record: async (record, o) => (await wire.sendJson(l.TrainingRow, "/api/trainings/records", "POST", record, o)).row,
    },
    openapi: (o) => wire.json(z.record(z.string(), z.unknown()), "/api/openapi.json", o),
  };
}
