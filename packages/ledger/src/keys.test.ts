import { InksealError } from "@inkseal/core";
import { type Database, openBlobs } from "@inkseal/store";
import { beforeAll, expect, it } from "vitest";
import { onBothDatabases } from "../test/databases.ts";
import { testClock } from "../test/record.ts";
import { openLedger } from "./index.ts";

const day = 24 * 3600 * 1000;

onBothDatabases((open) => {
  let db: Database;
  beforeAll(async () => {
    db = await open();
  });
  const start = async (clock = testClock()) => ({
    clock,
    ledger: await openLedger({ database: db, blobs: await openBlobs(), clock }),
  });
  const refusal = (work: () => unknown): InksealError | undefined => {
    try {
      work();
    } catch (error) {
      return InksealError.from(error);
    }
    return undefined;
  };

  it("makes secrets that the database never holds", async () => {
    const { ledger } = await start();
    expect(ledger.keys.any()).toBe(false);
    const { key, secret } = await ledger.keys.create({ name: "first" });
    expect(secret).toMatch(/^ink_[\w-]{43}$/);
    expect(key).toMatchObject({ name: "first", prefix: secret.slice(0, 8), scopes: ["create", "verify", "read"] });
    expect(ledger.keys.any()).toBe(true);
    expect(ledger.keys.admit(secret)).toEqual(key);
    const dump = JSON.stringify(await db.query("select * from ledger_keys"));
    expect(dump).not.toContain(secret.slice(8));
    for (const wrong of ["", "ink_", secret.slice(0, -1), `${secret}x`, secret.replace(/.$/, (c) => (c === "A" ? "B" : "A"))])
      expect(refusal(() => ledger.keys.admit(wrong))?.code).toBe("unauthenticated");
    await ledger.keys.revoke(key.id);
  });

  it("knows keys again, and refuses revoked and expired ones", async () => {
    const { ledger, clock } = await start();
    const scopes = ["read"] as const;
    const expiresAt = new Date(clock.at + day).toISOString();
    const { key, secret } = await ledger.keys.create({ name: "k", scopes, expiresAt, policy: "strict", models: ["openai/*"] });
    const later = await start();
    expect(later.ledger.keys.admit(secret)).toEqual(key);
    expect((await later.ledger.keys.list()).find((k) => k.id === key.id)).toEqual(key);
    later.clock.at += day;
    expect(refusal(() => later.ledger.keys.admit(secret))).toMatchObject({ code: "unauthenticated" });
    expect(later.ledger.keys.any()).toBe(true); // time alone opens no house
    expect(await ledger.keys.revoke(key.id)).toBe(true);
    expect(ledger.keys.any()).toBe(false);
    expect(await ledger.keys.revoke(key.id)).toBe(false);
    expect(await ledger.keys.revoke("key_nobody")).toBe(false);
    expect(refusal(() => ledger.keys.admit(secret))).toMatchObject({ code: "unauthenticated" });
    expect((await (await start()).ledger.keys.list()).find((k) => k.id === key.id)?.revokedAt).toBeDefined();
  });

  it("limits the rate, and says when to come again", async () => {
    const { ledger, clock } = await start();
    const { secret } = await ledger.keys.create({ name: "slow", rate: 6 });
    for (let i = 0; i < 6; i++) ledger.keys.admit(secret);
    expect(refusal(() => ledger.keys.admit(secret))).toMatchObject({ code: "rate-limited", details: { retryAfter: 10 } });
    clock.at += 4000;
    expect(refusal(() => ledger.keys.admit(secret))?.details.retryAfter).toBe(6);
    clock.at += 6000;
    ledger.keys.admit(secret);
    expect(refusal(() => ledger.keys.admit(secret))?.code).toBe("rate-limited");
  });

  it.each([
    ["tokens", { tokens: 100 }],
    ["cost", { cost: 0.5 }],
    ["energy", { energy: 9 }],
  ] as const)("ends with the budget of %s and begins with the next day", async (_, limit) => {
    const { ledger, clock } = await start();
    const { key, secret } = await ledger.keys.create({ name: "b", budget: { period: "day", ...limit } });
    ledger.keys.charge(key.id, { tokens: 99, cost: 0.4, energy: 8 });
    ledger.keys.admit(secret);
    ledger.keys.charge(key.id, { tokens: 1, cost: 0.1, energy: 1 });
    expect(refusal(() => ledger.keys.admit(secret))).toMatchObject({ code: "over-budget" });
    await ledger.close();
    const again = await start(testClock(clock.at));
    expect(refusal(() => again.ledger.keys.admit(secret))?.code).toBe("over-budget");
    again.clock.at = Math.ceil(clock.at / day) * day;
    expect(again.ledger.keys.admit(secret).spent).toEqual({ tokens: 0, cost: 0, energy: 0 });
  });

  it("adds up what two processes spend, and forgets nothing that a failing database refused", async () => {
    const a = await start();
    const { key } = await a.ledger.keys.create({ name: "shared", budget: { period: "total", tokens: 1000 } });
    const b = await start();
    for (let i = 0; i < 10; i++) {
      a.ledger.keys.charge(key.id, { tokens: 3 });
      b.ledger.keys.charge(key.id, { tokens: 4, cost: 0.01 });
    }
    a.ledger.keys.charge("local", { tokens: 5 });
    await Promise.all([a.ledger.close(), b.ledger.close()]);
    await db.exec("alter table ledger_keys rename to away");
    a.ledger.keys.charge(key.id, { tokens: 30 });
    await expect(a.ledger.close()).rejects.toThrow();
    await db.exec("alter table away rename to ledger_keys");
    await a.ledger.close();
    const [spent] = await db.query("select tokens, cost from ledger_keys where id = $1", [key.id]);
    expect(spent).toEqual({ tokens: 100, cost: expect.closeTo(0.1) });
  });

  it("refuses nonsense at the door", async () => {
    const { ledger } = await start();
    await expect(ledger.keys.create({ name: "x", rate: 0 })).rejects.toMatchObject({ code: "bad-request" });
    await expect(ledger.keys.create({ name: "x", expiresAt: "soon" })).rejects.toMatchObject({ code: "bad-request" });
  });
});
