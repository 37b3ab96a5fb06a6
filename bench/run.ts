/**
 * `npm run bench -- CLAIM [--quick] [--fresh] [--only=ROW,ROW]` runs `bench/CLAIM/index.ts`, prints one table for people and one JSON line.
 */
import { existsSync, readdirSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** One measured figure. `bound` as the issue states it: `>=0.6`, `<1`, `==0`. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bound?: string;
  /** What was measured, for people. */
  readonly note?: string;
}
export interface Claim {
  readonly run: (options: {
    /** The whole in under a minute: fewer rounds, slow rows only where they are kept. */
    readonly quick: boolean;
    /** Measures again what is kept. */
    readonly fresh: boolean;
    readonly only: ReadonlySet<string> | undefined;
    log(line: string): void;
  }) => Promise<readonly Row[]>;
}

export function meets(value: number, bound: string): boolean {
  const [, op, limit] = /^(<=|>=|==|<|>)\s*(-?[\d.]+)$/.exec(bound) ?? [];
  if (op === undefined) throw new RangeError(`bound ${bound}: not understood`);
  const l = Number(limit);
  return op === "<=" ? value <= l : op === ">=" ? value >= l : op === "<" ? value < l : op === ">" ? value > l : value === l;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const claim = args.find((a) => !a.startsWith("--"));
  const folder = fileURLToPath(new URL(".", import.meta.url));
  const claims = readdirSync(folder).filter((f) => existsSync(`${folder}/${f}/index.ts`));
  if (claim === undefined || !claims.includes(claim)) {
    console.error(`usage: npm run bench -- CLAIM [--quick] [--fresh] [--only=ROW,ROW]\nclaims: ${claims.join(", ")}`);
    process.exit(2);
  }
  const only = args
    .find((a) => a.startsWith("--only="))
    ?.slice(7)
    .split(",");
  const { run } = (await import(`./${claim}/index.ts`)) as Claim;
  const measured = await run({
    quick: args.includes("--quick"),
    fresh: args.includes("--fresh"),
    only: only && new Set(only),
    log: (line) => console.error(line),
  });
  const rows = measured.map((r) => ({ ...r, ok: r.bound === undefined ? undefined : meets(r.value, r.bound) }));
  const width = Math.max(...rows.map((r) => r.name.length));
  for (const r of rows) {
    console.log(
      `${r.name.padEnd(width)}  ${r.value.toPrecision(4).padStart(10)} ${r.unit.padEnd(6)}  ${(r.bound ?? "").padEnd(8)} ${r.ok === undefined ? "    " : r.ok ? "ok  " : "MISS"}  ${r.note ?? ""}`,
    );
  }
  const machine = `${cpus()[0]?.model.trim()} × ${cpus().length}, Node ${process.version}`;
  console.log(JSON.stringify({ claim, machine, rows: rows.map(({ note: _note, ...r }) => r) }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
