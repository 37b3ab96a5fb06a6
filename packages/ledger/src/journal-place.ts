import { InksealError, type RunRecord } from "@inkseal/core";
import type { Database, Journal } from "@inkseal/store";
import type { Place } from "./place.ts";
import { rowHash } from "./row-hash.ts";
import { type Entry, type Head, isStored, readHead, writeBatch } from "./stored-batch.ts";

/** Rows wait this long for company on their way to the database; nobody waits for them, unless they are asked for. */
const gatherMs = 100;
const batchRows = 512;
/** Beyond this the database has fallen behind, and appends wait for it. */
const mostWaiting = 20_000;
const retryMs = 1_000;

/**
 * A journal in front of the embedded database: a row is durable once its line is (one write and one fdatasync a batch),
 * and goes to its table in the background, hundreds at a time. At opening what the table lacks is brought in.
 */
export class JournalPlace implements Place {
  readonly #database: Database;
  readonly #journal: Journal;
  #waiting: Entry[];
  #stored: Head;
  #round: Promise<void> | undefined;
  #hurry: () => void = () => undefined;
  #uncleared: (() => Promise<void>) | undefined;
  #failed: unknown;

  /** Brings in what the last process left in the journal. Throws `ledger-unavailable` when the database does not take it. */
  static async open(database: Database, journal: Journal): Promise<JournalPlace> {
    const place = new JournalPlace(database, journal, await readHead(database));
    await place.settled();
    return place;
  }

  private constructor(database: Database, journal: Journal, stored: Head) {
    this.#database = database;
    this.#journal = journal;
    this.#stored = stored;
    this.#waiting = entriesBehind(stored, journal.kept);
  }

  get newest(): Head {
    return this.#stored;
  }

  async head(): Promise<Head> {
    return this.#waiting.at(-1)?.row ?? this.#stored;
  }

  async keep(_head: Head, batch: readonly Entry[]): Promise<readonly Entry[]> {
    if (this.#waiting.length > mostWaiting) await this.settled();
    await this.#journal.append(batch.map(({ row, text }) => `${row.seq} ${row.hash} ${text}`));
    this.#waiting.push(...batch);
    this.#round ??= this.#settle(gatherMs);
    return batch;
  }

  async settled(): Promise<void> {
    const goal = (await this.head()).seq;
    while (this.#stored.seq < goal) {
      this.#failed = undefined;
      this.#round ??= this.#settle(0);
      this.#hurry();
      await this.#round;
      if (this.#failed !== undefined)
        throw new InksealError("ledger-unavailable", "the database does not take the ledger's rows", { cause: this.#failed });
    }
  }

  /** What waits goes to the database, then the journal's file is cleared; and again while there is more. Never rejects. */
  async #settle(ms: number): Promise<void> {
    await this.#sleep(ms);
    try {
      this.#uncleared ??= await this.#journal.turn();
      const goal = (await this.head()).seq;
      while (this.#stored.seq < goal) await this.#store(this.#waiting.slice(0, batchRows));
      await this.#uncleared();
      this.#uncleared = undefined;
      this.#failed = undefined;
    } catch (error) {
      this.#failed = error;
    }
    this.#round = this.#waiting.length === 0 ? undefined : this.#settle(this.#failed === undefined ? gatherMs : retryMs);
  }

  async #store(batch: readonly Entry[]): Promise<void> {
    try {
      if (!(await writeBatch(this.#database, this.#stored, batch)))
        throw new Error("somebody else moved the head of the chain; run `inkseal ledger verify`");
    } catch (error) {
      if (!(await isStored(this.#database, batch))) throw error;
    }
    this.#waiting.splice(0, batch.length);
    this.#stored = (batch.at(-1) as Entry).row;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * The rows that the lines hold beyond `head`, as far as they follow on it. A line that does not is the torn end of a
 * write that nobody was told of: earlier lines were on disk before it was begun.
 */
function entriesBehind(head: Head, lines: readonly string[]): Entry[] {
  const bySeq = new Map(lines.map((line) => [Number.parseInt(line, 10), line]));
  const entries: Entry[] = [];
  let { seq, hash: prev } = head;
  for (let line = bySeq.get(++seq); line !== undefined; line = bySeq.get(++seq)) {
    const [, hash = "", text = ""] = /^\d+ ([0-9a-f]{64}) (.*)$/su.exec(line) ?? [];
    if (hash !== rowHash(seq, prev, text)) break;
    entries.push({ row: { seq, prev, hash, ...(JSON.parse(text) as RunRecord) }, text });
    prev = hash;
  }
  return entries;
}
