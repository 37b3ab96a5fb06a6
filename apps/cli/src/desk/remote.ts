import { createClient } from "@inkseal/client";
import { type BriefInput, InksealError } from "@inkseal/core";
import type { Desk, DeskEvent } from "./desk.ts";
import type { ServeSign } from "./find-server.ts";

/** A desk that speaks with the running server. */
export function remoteDesk(server: ServeSign): Desk {
  const client = createClient({ baseUrl: server.url, key: server.token, source: "cli" });

  async function* create(brief: BriefInput, signal: AbortSignal): AsyncGenerator<DeskEvent, void, undefined> {
    for await (const event of client.create(brief, { signal })) {
      if (event.type !== "artifact") {
        yield event;
        continue;
      }
      const { artifact } = event;
      const bytes =
        artifact.data === undefined
          ? new Uint8Array(await (await client.artifacts.bytes(artifact.id, { signal })).arrayBuffer())
          : Buffer.from(artifact.data, "base64");
      yield { type: "artifact", artifact: { ...artifact, bytes } };
    }
  }

  return {
    at: { kind: "server", url: server.url, pid: server.pid },
    create,
    verify: (bytes, signal) => client.verify(bytes, { signal }),
    models: (signal) => client.models({ signal }),
    rows: async (query) => (await client.runs.list(query as Parameters<typeof client.runs.list>[0])).rows,
    row: (run) => client.runs.get(run).catch(absent),
    record: (record) => client.trainings.record({ ...record, engine: "lab" }),
    checkChain: (onProgress, signal) => client.ledger.verify({ onProgress, signal }),
    export: (signal) => client.ledger.export({ signal }),
    createKey: (key) => client.keys.create(key as Parameters<typeof client.keys.create>[0]),
    keys: () => client.keys.list(),
    revokeKey: async (id) => (await client.keys.revoke(id).then(() => true, absent)) ?? false,
    policies: () => client.policies.list(),
    setPolicy: async (policy) => {
      await client.policies.put(policy.name, policy as Parameters<typeof client.policies.put>[1]);
    },
    close: async () => {},
  };
}

function absent(error: unknown): undefined {
  if (InksealError.is(error) && error.code === "not-found") return undefined;
  throw error;
}
