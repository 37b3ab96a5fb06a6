import pg from "pg";
import type { Database, Queryable } from "./contract.ts";

/** Numbers where they are exact, as PGlite gives them; pg's own default is a string. */
function parseInt8(text: string): number | bigint {
  const n = Number(text);
  return Number.isSafeInteger(n) ? n : BigInt(text);
}
const int8 = 20;
const types = {
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === int8 && format !== "binary" ? parseInt8 : pg.types.getTypeParser(oid, format),
};

function queryable(client: pg.Pool | pg.PoolClient): Queryable {
  return {
    async query<R>(sql: string, params?: readonly unknown[]): Promise<R[]> {
      const result = await client.query(sql, params as unknown[] | undefined);
      return result.rows as R[];
    },
    async exec(sql: string): Promise<void> {
      await client.query(sql);
    },
  };
}

/** A pool of at most 10 connections. Rejects when the server cannot be reached within 10 s. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: "inkseal",
    types: types as pg.CustomTypesConfig,
  });
  // An idle connection that the server drops reports here; the pool replaces it, and the next statement that fails says so.
  pool.on("error", () => {});
  try {
    await pool.query("select 1");
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    ...queryable(pool),
    dialect: "postgres",
    async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
      const client = await pool.connect();
      // A connection lost between two statements is an event, and would end the process without a listener.
      const ignore = () => {};
      client.on("error", ignore);
      let broken: Error | undefined;
      let over = false;
      const inside = queryable(client);
      const tx: Queryable = {
        async query<R>(sql: string, params?: readonly unknown[]): Promise<R[]> {
          if (over) throw new Error("the transaction is over");
          return inside.query<R>(sql, params);
        },
        async exec(sql) {
          if (over) throw new Error("the transaction is over");
          return inside.exec(sql);
        },
      };
      try {
        await client.query("begin");
        const value = await work(tx);
        const { command } = await client.query("commit");
        // PostgreSQL answers so, without an error, when a statement had failed and `work` went on
        if (command === "ROLLBACK") throw new Error("the transaction had failed and was rolled back");
        return value;
      } catch (error) {
        await client.query("rollback").catch((e: Error) => (broken = e));
        throw error;
      } finally {
        over = true;
        client.off("error", ignore);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}
