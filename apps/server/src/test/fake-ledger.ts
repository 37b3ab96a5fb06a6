import { createHash } from "node:crypto";
import { type ArtifactInfo, type Clock, defaultPolicy, InksealError, type LedgerRow, type Policy } from "@inkseal/core";
import type { KeyInfo, Ledger } from "@inkseal/ledger";

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A ledger in memory, for tests of the routes. */
export function fakeLedger(clock: Clock): Ledger {
  const rows: LedgerRow[] = [];
  const infos = new Map<string, ArtifactInfo>();
  const blobs = new Map<string, Uint8Array>();
  const keys = new Map<string, KeyInfo>();
  const secrets = new Map<string, string>();
  const policies = new Map<string, Policy>([["default", defaultPolicy]]);
  const live = (key: KeyInfo): boolean => key.revokedAt === undefined;
  return {
    append: async (record) => {
      const prev = rows.at(-1)?.hash ?? "0".repeat(64);
      const row = { ...record, seq: rows.length + 1, prev, hash: hash(prev + JSON.stringify(record)) };
      rows.push(row);
      return row;
    },
    row: async (run) => rows.find((r) => r.run === run),
    rowByOutput: async (sha256) => rows.find((r) => r.outputDigest === sha256),
    rows: async ({ before = Number.POSITIVE_INFINITY, limit = 50, ...match } = {}) =>
      rows
        .filter((r) => r.seq < before && Object.entries(match).every(([k, v]) => v === undefined || r[k as "actor"] === v))
        .reverse()
        .slice(0, limit),
    verify: async (onProgress) => {
      onProgress?.(rows.length, rows.length);
      return { ok: true, rows: rows.length, head: rows.at(-1)?.hash ?? "0".repeat(64), faults: [] };
    },
    artifacts: {
      put: async ({ bytes, id, run, mediaType, sha256, marks }, at, title) => {
        const info = { id, run, mediaType, sha256, marks: [...marks], size: bytes.length, at, ...(title && { title }) };
        infos.set(id, info);
        blobs.set(id, bytes);
        return info;
      },
      info: async (id) => infos.get(id),
      bytes: async (id) => blobs.get(id),
      list: async ({ before, limit = 50 } = {}) =>
        [...infos.values()]
          .filter((i) => before === undefined || i.id < before)
          .sort((a, b) => (a.id < b.id ? 1 : -1))
          .slice(0, limit),
      delete: async (id) => blobs.delete(id) && infos.delete(id),
    },
    keys: {
      create: async (key) => {
        const id = `key_${keys.size + 1}`;
        const secret = `ink_secret_${id}`;
        const spent = { tokens: 0, cost: 0, energy: 0 };
        const createdAt = new Date(clock.now()).toISOString();
        const info: KeyInfo = { scopes: ["create", "verify", "read"], ...key, id, prefix: "ink_secret", createdAt, spent };
        keys.set(id, info);
        secrets.set(secret, id);
        return { key: info, secret };
      },
      list: async () => [...keys.values()],
      revoke: async (id) => {
        const key = keys.get(id);
        if (key === undefined || !live(key)) return false;
        keys.set(id, { ...key, revokedAt: new Date(clock.now()).toISOString() });
        return true;
      },
      any: () => [...keys.values()].some(live),
      admit: (secret) => {
        const key = keys.get(secrets.get(secret) ?? "");
        if (key === undefined || !live(key)) throw new InksealError("unauthenticated", "no such key");
        return key;
      },
      charge: () => {},
    },
    policies: {
      get: (name) => policies.get(name),
      list: () => [...policies.values()],
      put: async (policy) => void policies.set(policy.name, policy),
      delete: async (name) => policies.delete(name),
    },
    close: async () => {},
  };
}
