import type { Migration } from "@inkseal/store";

/**
 * Tables of the ledger. `record` is the canonical JSON, byte for byte what was hashed; the other columns of a row only
 * serve look-ups and are checked against it by `verify`. Ids compare as bytes (`collate "C"`), so that they sort by time.
 */
export const migrations: readonly Migration[] = [
  {
    name: "ledger/001-chain",
    sql: `
      create table ledger_rows (
        seq bigint primary key,
        run text collate "C" not null,
        status text collate "C" not null,
        task text collate "C" not null,
        actor text collate "C" not null,
        output_key text collate "C" not null,
        prev text collate "C" not null,
        hash text collate "C" not null,
        record text not null);
      create index ledger_rows_run on ledger_rows (run);
      create index ledger_rows_output on ledger_rows (output_key, seq) where output_key <> '';
      create index ledger_rows_status on ledger_rows (status, seq) where status <> 'done';
      create index ledger_rows_actor on ledger_rows (actor, seq);
      create index ledger_rows_task on ledger_rows (task, seq);
      create table ledger_head (
        one boolean primary key default true check (one),
        seq bigint not null,
        hash text collate "C" not null);
      insert into ledger_head (seq, hash) values (0, repeat('0', 64))`,
  },
  {
    name: "ledger/002-artifacts",
    sql: `create table ledger_artifacts (id text collate "C" primary key, run text collate "C" not null, info text not null)`,
  },
  {
    name: "ledger/003-keys",
    sql: `
      create table ledger_keys (
        id text collate "C" primary key,
        sha256 text collate "C" not null unique,
        info text not null,
        revoked_at text,
        period text collate "C" not null default '',
        tokens double precision not null default 0,
        cost double precision not null default 0,
        energy double precision not null default 0);
      create table ledger_policies (name text collate "C" primary key, policy text not null)`,
  },
  {
    name: "ledger/004-traces",
    sql: `
      create table ledger_manifests (
        id text collate "C" primary key,
        run text collate "C" not null,
        artifact text collate "C" not null);
      create index ledger_manifests_run on ledger_manifests (run);
      create table ledger_prints (
        alg text collate "C" not null,
        run text collate "C" not null,
        artifact text collate "C" not null,
        value bytea not null,
        keys integer[] not null);
      create index ledger_prints_keys on ledger_prints using gin (keys)`,
  },
  {
    // the list of pending entries is read whole for each key, and nothing empties it where there is no autovacuum
    name: "ledger/005-prints-without-pending",
    sql: `
      alter index ledger_prints_keys set (fastupdate = off);
      select gin_clean_pending_list('ledger_prints_keys'::regclass)`,
  },
  {
    // keys of fewer bits met thousands of pieces each among a million; what is filed already is filed again as `mark` now does it
    name: "ledger/006-prints-by-longer-keys",
    sql: `
      update ledger_prints set keys = (
        select array_agg(key) from (
          select (band << 21) | sum(get_bit(value, 21 * band + i) << i)::integer as key
          from generate_series(0, 11) as band, generate_series(0, 20) as i group by band) as k)
        where alg = 'org.inkseal.pdq.1';
      update ledger_prints set keys = (
        select array_agg(case when key > 2147483647 then key - 4294967296 else key end)::integer[] from (
          select ((band * 668265263::bigint & 4294967295)
            + (get_byte(value, 4 * band) * 256 + get_byte(value, 4 * band + 1)) * 2654435761
            + (get_byte(value, 4 * band + 2) * 256 + get_byte(value, 4 * band + 3)) * 2246822507
            + (get_byte(value, (4 * band + 130) % 256) * 256 + get_byte(value, (4 * band + 131) % 256)) * 3266489909
            ) & 4294967295 as key
          from generate_series(0, 63) as band) as k)
        where alg = 'org.inkseal.minhash.1'`,
  },
];
