import { type Clock, InksealError } from "@inkseal/core";
import { type Database, migrate } from "@inkseal/store";

/** Work that a request does not wait for, as it stood when it was last put. */
export interface Job {
  readonly id: string;
  /** Key id, or `local`. */
  readonly owner: string;
  /** What it is for whoever keeps it: JSON. No words of people: those are kept by policy, in the ledger. */
  readonly state: Readonly<Record<string, unknown>>;
}
export type StoredJob = Job & {
  /** Whether the process that works on it may be alive: only one that put it of late can be. */
  readonly alive: boolean;
};

/** What is known of jobs after their process ended. */
export interface Jobs {
  /** Resolves once it is durable. */
  put(job: Job): Promise<void>;
  /** The same for one that is known; a job that was deleted stays so. */
  update(job: Job): Promise<void>;
  get(id: string): Promise<StoredJob | undefined>;
  /** Newest first, of one owner or of all. */
  list(owner?: string, limit?: number): Promise<readonly StoredJob[]>;
  delete(id: string): Promise<boolean>;
}

/** Milliseconds after which a job that nobody put is one of a process that ended. Put what goes on at least twice as often. */
export const jobSilence = 30_000;

const migrations = [
  {
    name: "ledger/jobs-001",
    sql: `create table jobs (
      id text collate "C" primary key, owner text collate "C" not null, put_at double precision not null, state text not null);
      create index jobs_owner on jobs (owner, id desc)`,
  },
];

type Row = { readonly id: string; readonly owner: string; readonly put_at: number; readonly state: string };

/** On an embedded database all jobs that were there at opening are of a process that ended; on a server another node may be at work. */
export async function openJobs({ database, clock }: { database: Database; clock: Clock }): Promise<Jobs> {
  await migrate(database, migrations);
  const opened = clock.now();
  const jobOf = ({ id, owner, put_at, state }: Row): StoredJob => ({
    id,
    owner,
    state: JSON.parse(state) as Job["state"],
    alive: Number(put_at) >= (database.dialect === "pglite" ? opened : clock.now() - jobSilence),
  });
  return {
    async put({ id, owner, state }) {
      const sql = "insert into jobs (id, owner, put_at, state) values ($1, $2, $3, $4)";
      await database.query(sql, [id, owner, clock.now(), JSON.stringify(state)]);
    },
    async update({ id, state }) {
      await database.query("update jobs set put_at = $2, state = $3 where id = $1", [id, clock.now(), JSON.stringify(state)]);
    },
    async get(id) {
      const [row] = await database.query<Row>("select id, owner, put_at, state from jobs where id = $1", [id]);
      return row && jobOf(row);
    },
    async list(owner, limit = 200) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 500)
        throw new InksealError("bad-request", "jobs: a list holds 1 to 500", { param: "limit" });
      const rows = await database.query<Row>(
        `select id, owner, put_at, state from jobs where $1::text is null or owner = $1 order by id desc limit ${limit}`,
        [owner ?? null],
      );
      return rows.map(jobOf);
    },
    async delete(id) {
      return (await database.query("delete from jobs where id = $1 returning id", [id])).length > 0;
    },
  };
}
