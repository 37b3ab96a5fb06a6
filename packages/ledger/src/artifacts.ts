import { ArtifactInfo } from "@inkseal/core";
import type { Blobs, Database } from "@inkseal/store";
import type { Artifacts } from "./contract.ts";

const keyOf = (id: string): string => `artifacts/${id}`;
const infoOf = (row: { info: string }): ArtifactInfo => JSON.parse(row.info) as ArtifactInfo;

/** Finished pieces: bytes among the blobs, entries in the database. Bytes go first: an entry never names bytes that are not there. */
export function artifactsIn(db: Database, blobs: Blobs): Artifacts {
  const info = async (id: string): Promise<ArtifactInfo | undefined> => {
    const [row] = await db.query<{ info: string }>("select info from ledger_artifacts where id = $1", [id]);
    return row && infoOf(row);
  };
  return {
    info,
    async put({ id, run, mediaType, bytes, sha256, marks }, at, title) {
      const entry = ArtifactInfo.parse({ id, run, mediaType, size: bytes.length, sha256, marks, at, title });
      await blobs.put(keyOf(id), bytes);
      const sql = "insert into ledger_artifacts (id, run, info) values ($1, $2, $3)";
      await db.query(sql, [id, run, JSON.stringify(entry)]);
      return entry;
    },
    async bytes(id) {
      return (await info(id)) && blobs.get(keyOf(id));
    },
    async list({ before, limit = 50, run } = {}) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 500) throw new RangeError("artifacts: limit must be 1 to 500");
      const rows = await db.query<{ info: string }>(
        `select info from ledger_artifacts where ($1::text is null or id < $1) and ($2::text is null or run = $2) order by id desc limit ${limit}`,
        [before ?? null, run ?? null],
      );
      return rows.map(infoOf);
    },
    async delete(id) {
      const rows = await db.query("delete from ledger_artifacts where id = $1 returning id", [id]);
      if (rows.length > 0) await blobs.delete(keyOf(id));
      return rows.length > 0;
    },
  };
}
