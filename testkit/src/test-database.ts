import { type Database, migrate } from "@inkseal/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/**
 * What every `Database` must do. `open` gives a new, empty database; `skip` is the written reason for not testing.
 * @example testDatabase("PGlite in memory", () => openDatabase());
 */
export function testDatabase(name: string, open: () => Promise<Database>, skip?: string): void {
  describe.skipIf(skip !== undefined)(`database: ${name}${skip ? ` (${skip})` : ""}`, () => {
    let db: Database;
    beforeAll(async () => {
      db = await open();
      await db.exec("create table pairs (k text primary key, v bigint); create table notes (id bigint, body text)");
    });
    afterAll(() => db?.close());

    it("answers parameters in JavaScript's types", async () => {
      const [row] = await db.query<Record<string, unknown>>(
        `select $1::text as t, $2::bigint as i, $3::float8 as f, $4::boolean as b, $5::jsonb as j,
                $6::text[] as a, $7::text as n, $8::bigint as big, $9::bytea as bytes, $10::text as u`,
        [
          "字 '\"\\ 🖋",
          2 ** 40,
          0.1,
          true,
          '{"a":[1]}',
          ["x,y", '"', "\\"],
          null,
          2n ** 60n,
          new Uint8Array([0, 255]),
          undefined,
        ],
      );
      expect({ ...row, bytes: [...((row?.bytes ?? []) as Uint8Array)] }).toEqual({
        t: "字 '\"\\ 🖋",
        i: 2 ** 40,
        f: 0.1,
        b: true,
        j: { a: [1] },
        a: ["x,y", '"', "\\"],
        n: null,
        big: 2n ** 60n,
        bytes: [0, 255],
        u: null,
      });
    });

    it("rejects with the SQLSTATE and goes on", async () => {
      await db.query("insert into pairs values ('once', 1)");
      await expect(db.query("insert into pairs values ('once', 2)")).rejects.toMatchObject({ code: "23505" });
      await expect(db.query("select * from nowhere")).rejects.toMatchObject({ code: "42P01" });
      expect(await db.query("select v from pairs where k = 'once'")).toEqual([{ v: 1 }]);
    });

    it("keeps what a transaction did, or nothing of it", async () => {
      const kept = await db.transaction(async (tx) => {
        await tx.query("insert into notes values (1, 'kept')");
        return (await tx.query<{ body: string }>("select body from notes where id = 1"))[0]?.body;
      });
      expect(kept).toBe("kept");
      const undo = db.transaction(async (tx) => {
        await tx.exec("insert into notes values (2, 'a'); insert into notes values (3, 'b')");
        throw new Error("changed my mind");
      });
      await expect(undo).rejects.toThrow("changed my mind");
      expect(await db.query("select id from notes order by id")).toEqual([{ id: 1 }]);
    });

    it("does not call a failed transaction kept", async () => {
      const swallowed = db.transaction(async (tx) => {
        await tx.query("insert into notes values (4, 'lost')");
        await tx.query("select * from nowhere").catch(() => {});
      });
      await expect(swallowed).rejects.toThrow();
      expect(await db.query("select id from notes where id = 4")).toEqual([]);
    });

    it("keeps concurrent transactions apart", async () => {
      await db.query("insert into pairs values ('n', 0)");
      const addOne = () =>
        db.transaction(async (tx) => {
          const [row] = await tx.query<{ v: number }>("select v from pairs where k = 'n' for update");
          await tx.query("update pairs set v = $1 where k = 'n'", [(row?.v ?? 0) + 1]);
        });
      await Promise.all([...Array.from({ length: 20 }, addOne), db.query("select 1"), db.query("select 2")]);
      expect(await db.query("select v from pairs where k = 'n'")).toEqual([{ v: 20 }]);
    });

    it("refuses a transaction's statements after its end", async () => {
      let leaked: { query(sql: string): Promise<unknown> } | undefined;
      await db.transaction(async (tx) => {
        leaked = tx;
        await tx.query("select 1");
      });
      await expect(leaked?.query("select 1")).rejects.toThrow("over");
    });

    it("migrates once, in order, from several nodes at once", async () => {
      const steps = [
        { name: "t/1", sql: "create table grown (a int); insert into grown values (1)" },
        { name: "t/2", sql: "alter table grown add column b int not null default 7" },
      ];
      const ran = await Promise.all([migrate(db, steps), migrate(db, steps), migrate(db, steps)]);
      expect(ran.flat()).toEqual(["t/1", "t/2"]);
      expect(await db.query("select a, b from grown")).toEqual([{ a: 1, b: 7 }]);
      await expect(migrate(db, [{ name: "t/1", sql: "create table other (a int)" }])).rejects.toMatchObject({
        code: "conflict",
      });
      const broken = { name: "t/3", sql: "create table half (a int); select * from nowhere" };
      await expect(migrate(db, [...steps, broken])).rejects.toMatchObject({ code: "42P01" });
      expect(await db.query("select to_regclass('half') as t")).toEqual([{ t: null }]);
    });

    it("closes cleanly and refuses afterwards", async () => {
      const other = await open();
      await other.query("select 1");
      await other.close();
      await expect(other.query("select 1")).rejects.toThrow();
    });
  });
}
