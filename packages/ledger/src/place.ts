import type { Database } from "@inkseal/store";
import { type Entry, type Head, isStored, readHead, writeBatch } from "./stored-batch.ts";

/** Where the chain's rows become durable. */
export interface Place {
  /** The head that the next batch is linked to. */
  head(): Promise<Head>;
  /**
   * Makes a batch durable. `link` puts it behind another head, should `head` have been moved by another process.
   * Gives the batch as it was kept. After a rejection it was not, and the head must be asked for again.
   */
  keep(head: Head, batch: readonly Entry[], link: (head: Head) => readonly Entry[]): Promise<readonly Entry[]>;
  /** Everything kept before the call can be found in the database. */
  settled(): Promise<void>;
  /** The last head that this process knows to be in the database. */
  readonly newest: Head | undefined;
}

/** The database itself, each batch a commit. */
export class DatabasePlace implements Place {
  readonly #database: Database;
  newest: Head | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  head(): Promise<Head> {
    return readHead(this.#database);
  }

  async keep(head: Head, batch: readonly Entry[], link: (head: Head) => readonly Entry[]): Promise<readonly Entry[]> {
    const kept = await this.#keep(head, batch, link);
    this.newest = (kept[kept.length - 1] as Entry).row;
    return kept;
  }

  async #keep(head: Head, batch: readonly Entry[], link: (head: Head) => readonly Entry[]): Promise<readonly Entry[]> {
    try {
      if (await writeBatch(this.#database, head, batch)) return batch;
    } catch (error) {
      if (!(await isStored(this.#database, batch))) throw error;
      return batch;
    }
    // Another process moved the head: take it and hold it.
    return await this.#database.transaction(async (tx) => {
      const held = await readHead(tx, "for update");
      const linked = link(held);
      if (!(await writeBatch(tx, held, linked))) throw new Error("the head moved while it was held");
      return linked;
    });
  }

  async settled(): Promise<void> {}
}
