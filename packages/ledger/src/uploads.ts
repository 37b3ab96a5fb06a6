import { type Clock, sniff } from "@inkseal/core";
import { type Blobs, type Database, migrate } from "@inkseal/store";

/** A file somebody brought: input of later runs, never a generated piece (those are artifacts). */
export interface Upload {
  readonly id: string;
  readonly name: string;
  /** As sniffed. */
  readonly mediaType: string;
  readonly size: number;
  /** What it is for: `user_data`, `vision`, `batch` … */
  readonly purpose: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Key id, or `local`: only its owner sees it. */
  readonly owner: string;
}

/** Uploaded files with their owner, listed newest first. */
export interface Uploads {
  put(owner: string, name: string, purpose: string, bytes: Uint8Array): Promise<Upload>;
  info(owner: string, id: string): Promise<Upload | undefined>;
  bytes(owner: string, id: string): Promise<Uint8Array | undefined>;
  list(owner: string, limit?: number): Promise<readonly Upload[]>;
  delete(owner: string, id: string): Promise<boolean>;
}

const migrations = [
  {
    name: "ledger/uploads-001",
    sql: `create table uploads (
      id text primary key, owner text not null, name text not null, media_type text not null,
      size bigint not null, purpose text not null, at text not null);
    create index uploads_owner on uploads (owner, id desc)`,
  },
];

const columns = `id, owner, name, media_type as "mediaType", size, purpose, at`;
const keyOf = (id: string): string => `uploads/${id}`;
const uploadOf = (row: Upload): Upload => ({ ...row, size: Number(row.size) });

export async function openUploads(house: {
  readonly database: Database;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
}): Promise<Uploads> {
  const { database, blobs, clock, newId } = house;
  await migrate(database, migrations);
  const info = async (owner: string, id: string): Promise<Upload | undefined> => {
    const [row] = await database.query<Upload & Record<string, unknown>>(
      `select ${columns} from uploads where owner = $1 and id = $2`,
      [owner, id],
    );
    return row && uploadOf(row);
  };
  return {
    async put(owner, name, purpose, bytes) {
      const upload: Upload = {
        id: newId("file"),
        name,
        mediaType: sniff(bytes),
        size: bytes.length,
        purpose,
        at: new Date(clock.now()).toISOString(),
        owner,
      };
      await blobs.put(keyOf(upload.id), bytes);
      await database.query(
        "insert into uploads (id, owner, name, media_type, size, purpose, at) values ($1, $2, $3, $4, $5, $6, $7)",
        [upload.id, owner, name, upload.mediaType, upload.size, purpose, upload.at],
      );
      return upload;
    },
    info,
    async bytes(owner, id) {
      return (await info(owner, id)) && (await blobs.get(keyOf(id)));
    },
    async list(owner, limit = 100) {
      const rows = await database.query<Upload & Record<string, unknown>>(
        `select ${columns} from uploads where owner = $1 order by id desc limit $2`,
        [owner, limit],
      );
      return rows.map(uploadOf);
    },
    async delete(owner, id) {
      const rows = await database.query("delete from uploads where owner = $1 and id = $2 returning id", [owner, id]);
      if (rows.length > 0) await blobs.delete(keyOf(id));
      return rows.length > 0;
    },
  };
}
