import { Readable } from "node:stream";
import { InksealError, type LedgerRow } from "@inkseal/core";
import type { Ledger } from "@inkseal/ledger";
import type { House } from "../house.ts";
import { errorEnvelope } from "../v1/envelope.ts";
import { EventStream, wantsEvents } from "./event-stream.ts";
import type { Handlers } from "./handlers.ts";

type Names = "ledgerHead" | "verifyLedger" | "exportLedger";

export function ledgerHandlers({ ledger }: House): Pick<Handlers, Names> {
  return {
    ledgerHead: () => headOf(ledger),
    verifyLedger: async ({ request, reply }) => {
      if (!wantsEvents(request.headers.accept)) return await ledger.verify();
      const stream = new EventStream(reply);
      try {
        const report = await ledger.verify((done, total) => stream.offer({ type: "progress", done, total }));
        await stream.send({ type: "report", report });
      } catch (thrown) {
        await stream.send({ type: "failed", ...errorEnvelope(InksealError.from(thrown)) });
      } finally {
        stream.end();
      }
      return reply;
    },
    exportLedger: async ({ reply }) => {
      reply.header("content-type", "application/jsonl; charset=utf-8");
      reply.header("content-disposition", 'attachment; filename="inkseal-ledger.jsonl"');
      return await reply.send(Readable.from(pages(ledger)));
    },
  };
}

/** Rows in the chain and its newest hash. The chain only grows, so the newest row's number is the count. */
export async function headOf(ledger: Ledger): Promise<{ rows: number; head: string }> {
  const [newest] = await ledger.rows({ limit: 1 });
  return newest === undefined ? { rows: 0, head: "0".repeat(64) } : { rows: newest.seq, head: newest.hash };
}

const pageSize = 500;

/** All rows as JSON lines, oldest first, a page at a time: memory stays flat whatever the ledger's length. */
async function* pages(ledger: Ledger): AsyncGenerator<string> {
  const { rows: last } = await headOf(ledger);
  for (let first = 1; first <= last; first += pageSize) {
    const rows = await ledger.rows({ before: Math.min(first + pageSize, last + 1), limit: pageSize });
    // a ledger with removed rows gives older ones in their place
    const page = rows.filter((row) => row.seq >= first).reverse();
    if (page.length > 0) yield page.map((row: LedgerRow) => `${JSON.stringify(row)}\n`).join("");
  }
}
