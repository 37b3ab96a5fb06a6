import { hash } from "node:crypto";
import { type Clock, InksealError, idMaker } from "@inkseal/core";
import type { Database } from "@inkseal/store";
import type { KeyInfo, Keys, NewKey } from "./contract.ts";
import { addSpend, noSpend, overBudget, periodOf, type Spend } from "./spend.ts";
import { TokenBucket } from "./token-bucket.ts";

interface Entry {
  /** Without `spent`, which is `total`. */
  info: Omit<KeyInfo, "spent">;
  /** What is spent in its period, as far as this process knows. */
  total: Spend;
  /** Part of `total` that is not in the database yet. */
  pending: Spend | undefined;
  readonly bucket: TokenBucket | undefined;
  readonly expires: number;
}
interface KeyRow {
  readonly id: string;
  readonly sha256: string;
  readonly info: string;
  readonly revoked_at: string | null;
  readonly period: string;
  readonly tokens: number;
  readonly cost: number;
  readonly energy: number;
}

const flushMs = 1000;

/**
 * API keys, all in memory: admitting one is a hash and a look-up. Looking up a digest tells an attacker who measures time
 * nothing about the secret. Spending is added up here and written once a second (and at `close`): a killed process
 * forgets at most the last second's.
 */
export class StoredKeys implements Keys {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #newId: (prefix: string) => string;
  readonly #byHash = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#newId = idMaker(clock);
  }

  /** Reads all keys again: what other nodes made, revoked and spent. */
  reload(): Promise<void> {
    return this.#inTurn(() => this.#read());
  }

  async #read(): Promise<void> {
    const rows = await this.#db.query<KeyRow>(
      "select id, sha256, info, revoked_at, period, tokens, cost, energy from ledger_keys order by id",
    );
    for (const row of rows) {
      const info: Entry["info"] = {
        ...JSON.parse(row.info),
        ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
      };
      const entry = this.#byId.get(row.id) ?? this.#remember(row.sha256, info);
      entry.info = info;
      entry.total = addSpend(spendOf(row), entry.pending);
    }
  }

  async create(key: NewKey): Promise<{ readonly key: KeyInfo; readonly secret: string }> {
    const { name, scopes = ["create", "verify", "read"], budget, rate, policy, models, expiresAt } = key;
    if (rate !== undefined && !(rate > 0)) throw new InksealError("bad-request", "rate: must be above 0", { param: "rate" });
    if (expiresAt !== undefined && Number.isNaN(Date.parse(expiresAt)))
      throw new InksealError("bad-request", "expiresAt: must be a date and time of ISO 8601", { param: "expiresAt" });
    const secret = `ink_${Buffer.from(this.#clock.random(32)).toString("base64url")}`;
    const createdAt = new Date(this.#clock.now()).toISOString();
    const info = {
      id: this.#newId("key"),
      name,
      prefix: secret.slice(0, 8),
      scopes,
      budget,
      rate,
      policy,
      models,
      createdAt,
      expiresAt,
    };
    const sha256 = hash("sha256", secret);
    await this.#db.query("insert into ledger_keys (id, sha256, info) values ($1, $2, $3)", [
      info.id,
      sha256,
      JSON.stringify(info),
    ]);
    return { key: this.#view(this.#remember(sha256, info)), secret };
  }

  async list(): Promise<readonly KeyInfo[]> {
    return [...this.#byId.values()].map((e) => this.#view(e));
  }

  async revoke(id: string): Promise<boolean> {
    const at = new Date(this.#clock.now()).toISOString();
    const sql = "update ledger_keys set revoked_at = $2 where id = $1 and revoked_at is null returning id";
    const rows = await this.#db.query(sql, [id, at]);
    const entry = this.#byId.get(id);
    if (rows.length > 0 && entry !== undefined) entry.info = { ...entry.info, revokedAt: at };
    return rows.length > 0;
  }

  any(): boolean {
    for (const { info } of this.#byId.values()) if (info.revokedAt === undefined) return true;
    return false;
  }

  admit(secret: string): KeyInfo {
    const entry = secret.length === 47 && secret.startsWith("ink_") ? this.#byHash.get(hash("sha256", secret)) : undefined;
    if (entry === undefined) throw new InksealError("unauthenticated", "the key is not known here");
    const { info, bucket } = entry;
    const now = this.#clock.now();
    if (info.revokedAt !== undefined) throw new InksealError("unauthenticated", `the key ${info.prefix}… was revoked`);
    if (now >= entry.expires) throw new InksealError("unauthenticated", `the key ${info.prefix}… has expired`);
    const key = this.#view(entry);
    const over = info.budget && overBudget(info.budget, key.spent);
    if (over !== undefined) throw new InksealError("over-budget", over);
    const wait = bucket?.take(now) ?? 0;
    if (wait > 0)
      throw new InksealError("rate-limited", `the key may make ${info.rate} requests a minute`, {
        retryAfter: Math.ceil(wait / 1000),
      });
    return key;
  }

  charge(id: string, used: { readonly tokens?: number; readonly cost?: number; readonly energy?: number }): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return; // `local` has no key
    const period = periodOf(entry.info.budget, this.#clock.now());
    const more = { period, tokens: used.tokens ?? 0, cost: used.cost ?? 0, energy: used.energy ?? 0 };
    entry.total = addSpend(entry.total, more);
    entry.pending = addSpend(entry.pending ?? noSpend, more);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush().catch(() => {}), flushMs);
    this.#timer.unref();
  }

  /** Writes what is pending. Rejects, and keeps it pending, when the database does. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#inTurn(async () => {
      const entries = [...this.#byId.values()].filter((e) => e.pending !== undefined);
      if (entries.length > 0) await this.#write(entries);
    });
  }

  /** Reading and writing one after the other: a sum read while another is written would miss it. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    const sent = entries.map((e) => e.pending as Spend);
    for (const e of entries) e.pending = undefined;
    const column = <T>(value: (spend: Spend) => T) => sent.map(value);
    try {
      const rows = await this.#db.query<Omit<KeyRow, "sha256" | "info">>(
        `update ledger_keys k set period = d.period,
           tokens = d.tokens + case when k.period = d.period then k.tokens else 0 end,
           cost = d.cost + case when k.period = d.period then k.cost else 0 end,
           energy = d.energy + case when k.period = d.period then k.energy else 0 end
         from unnest($1::text[], $2::text[], $3::float8[], $4::float8[], $5::float8[]) as d (id, period, tokens, cost, energy)
         where k.id = d.id and k.period <= d.period collate "C"
         returning k.id, k.period, k.tokens, k.cost, k.energy`,
        [
          entries.map((e) => e.info.id),
          ...[column((s) => s.period), column((s) => s.tokens), column((s) => s.cost), column((s) => s.energy)],
        ],
      );
      for (const row of rows) {
        const entry = this.#byId.get(row.id);
        if (entry !== undefined) entry.total = addSpend(spendOf(row), entry.pending);
      }
    } catch (error) {
      entries.forEach((e, i) => {
        e.pending = addSpend(sent[i] as Spend, e.pending);
      });
      throw error;
    }
  }

  #remember(sha256: string, info: Entry["info"]): Entry {
    const entry: Entry = {
      info,
      total: noSpend,
      pending: undefined,
      bucket: info.rate === undefined ? undefined : new TokenBucket(info.rate),
      expires: info.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(info.expiresAt),
    };
    this.#byHash.set(sha256, entry);
    this.#byId.set(info.id, entry);
    return entry;
  }

  #view({ info, total }: Entry): KeyInfo {
    const { tokens, cost, energy } = total.period === periodOf(info.budget, this.#clock.now()) ? total : noSpend;
    return { ...info, spent: { tokens, cost, energy } };
  }
}

const spendOf = ({ period, tokens, cost, energy }: Spend): Spend => ({ period, tokens, cost, energy });
