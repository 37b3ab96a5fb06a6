import { InksealError } from "@inkseal/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Deps, runFor, setRunHeaders } from "../v1/run.ts";
import { briefOf } from "./brief.ts";
import { EventStream, heartbeatMs, wantsEvents } from "./event-stream.ts";
import type { Handlers } from "./handlers.ts";
import { eventJson, runResult } from "./run-result.ts";

type Names = "createRun" | "listRuns" | "getRun" | "cancelRun";

export function runHandlers(deps: Deps): Pick<Handlers, Names> {
  const { ledger } = deps.house;
  return {
    createRun: async ({ request, reply }) => {
      const brief = await briefOf(request);
      if (brief.stream || wantsEvents(request.headers.accept)) {
        return await streamRun(deps, request, reply, Object.freeze({ ...brief, stream: true }));
      }
      const result = await runResult(runFor(deps, request, reply, brief), deps.house);
      setRunHeaders(reply, result.run, result.engine, result.model, result.warnings);
      return result;
    },
    listRuns: async ({ query }) => {
      const rows = await ledger.rows(query);
      const last = rows.at(-1);
      return {
        rows: [...rows],
        next: rows.length === query.limit && last !== undefined && last.seq > 1 ? last.seq : undefined,
      };
    },
    getRun: async ({ params }) => {
      const row = await ledger.row(params.run);
      if (row === undefined) throw new InksealError("not-found", "no run of that id has ended here", { param: "run" });
      return { row };
    },
    cancelRun: async ({ params, request }) => {
      const mine = request.scopes.includes("admin") ? undefined : request.actor.id;
      if (!deps.runs.cancel(params.run, mine))
        throw new InksealError("not-found", "no run of that id is in flight for this key", { param: "run" });
      return { run: params.run, cancelled: true };
    },
  };
}

/**
 * The stream opens with the first event, or with the first heartbeat when that comes earlier: what keeps a run from
 * beginning at all (too many in flight, a stopping server) is still an answer with its own status.
 */
async function streamRun(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  brief: Parameters<typeof runFor>[3],
): Promise<FastifyReply> {
  let stream: EventStream | undefined;
  const open = (): EventStream => (stream ??= new EventStream(reply));
  const timer = setTimeout(open, heartbeatMs);
  try {
    for await (const event of runFor(deps, request, reply, brief)) {
      const json = await eventJson(event, deps.house);
      if (json !== undefined && !(await open().send(json))) break; // leaving the loop cancels the run
    }
  } finally {
    clearTimeout(timer);
    stream?.end();
  }
  return reply;
}
