/** The gateway claim: how much guard, ledger and keys cost beside a bare proxy and a peer, and what load breaks. */
import { connect, type Socket } from "node:net";
import type { Claim, Row } from "../run.ts";
import { type Load, load, type Measured } from "./load.ts";
import { cli, type Home, makeHome, type Proc, rss, startBare, startOurs, startPortkey, startUpstream } from "./processes.ts";

const prompt =
  "Tell me in one or two sentences what a quick brown fox does all day, in the manner of a fable for small children.";
const body = (model: string, stream: boolean): string =>
  JSON.stringify({
    model,
    messages: [
      { role: "system", content: "You are a helpful assistant." },
      { role: "user", content: prompt },
    ],
    temperature: 0.7,
    stream,
  });
const path = "/v1/chat/completions";
const connections = 32;

export const run: Claim["run"] = async ({ quick, only, log }) => {
  const wants = (...names: string[]): boolean => only === undefined || names.some((n) => only.has(n));
  const upstream = await startUpstream();
  const rows: Row[] = [];
  const measure = async (section: (home: Home) => Promise<readonly Row[]>): Promise<void> => {
    const home = await makeHome(upstream.port);
    try {
      rows.push(...(await section(home)));
    } finally {
      await home.remove();
    }
  };
  try {
    if (wants("rps_vs_bare", "rps_vs_portkey", "p99_vs_bare")) await measure((home) => throughput(upstream, home, quick, log));
    if (wants("ttft_added_ms")) await measure(async (home) => [await firstToken(upstream, home, quick)]);
    if (wants("idle_streams_mib")) await measure(async (home) => [await idleStreams(home, quick, log)]);
    if (wants("rss_growth")) await measure(async (home) => [await growth(home, quick, log)]);
    if (wants("sigkill_lost")) await measure((home) => sigkill(home, quick, log));
  } finally {
    await upstream.stop("SIGKILL");
  }
  return rows;
};

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;

/** Rounds of bare, ours, portkey in turn, so that a noisy minute hits all; medians of the ratios within a round. */
async function throughput(upstream: Proc, home: Home, quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const gateways = {
    bare: await startBare(upstream.port),
    ours: await startOurs(home),
    portkey: await startPortkey(upstream.port),
  };
  const seconds = quick ? 2 : 8;
  const rounds = quick ? 2 : 5;
  const rows: Row[] = [];
  try {
    const worst = { bare: Number.POSITIVE_INFINITY, portkey: Number.POSITIVE_INFINITY, p99: 0 };
    for (const stream of [false, true]) {
      const kind = stream ? "sse" : "json";
      const results: Record<keyof typeof gateways, Measured[]> = { bare: [], ours: [], portkey: [] };
      /** Portkey 1.15.2 breaks off every stream on Node 20 (`TypeError: immutable`): what fails has no speed. */
      const broken = new Set<keyof typeof gateways>();
      for (let round = 0; round < rounds; round++) {
        for (const name of ["bare", "ours", "portkey"] as const) {
          const gateway = gateways[name];
          const spec: Load = {
            port: gateway.port,
            path,
            headers: gateway.headers,
            body: body(name === "ours" ? "bench/bench" : "bench", stream),
            connections,
            seconds,
            warmup: round === 0 ? 2 : 0.5,
          };
          if (broken.has(name)) continue;
          const measured = await load(spec);
          if (measured.errors === 0) results[name].push(measured);
          else if (name === "portkey" && round === 0) {
            broken.add(name);
            log(`${kind} portkey: ${measured.errors} of ${measured.count} requests failed; left out`);
          } else throw new Error(`${name}: ${measured.errors} errors of ${measured.count}`);
        }
      }
      for (const name of ["bare", "ours", "portkey"] as const) {
        const r = results[name];
        if (broken.has(name)) continue;
        log(
          `${kind.padEnd(5)} ${name.padEnd(8)} ${median(r.map((m) => m.rps))
            .toFixed(0)
            .padStart(
              6,
            )} requests/s  p50 ${median(r.map((m) => m.p50)).toFixed(2)} ms  p99 ${median(r.map((m) => m.p99)).toFixed(2)} ms`,
        );
      }
      const ratio = (a: "ours", b: "bare" | "portkey", key: "rps" | "p99"): number =>
        median(results[a].map((m, i) => m[key] / (results[b][i] as Measured)[key]));
      rows.push({ name: `rps_vs_bare_${kind}`, value: ratio("ours", "bare", "rps"), unit: "ratio", bound: ">=0.6" });
      if (!broken.has("portkey")) {
        const value = ratio("ours", "portkey", "rps");
        rows.push({ name: `rps_vs_portkey_${kind}`, value, unit: "ratio", bound: ">=3" });
        worst.portkey = Math.min(worst.portkey, value);
      }
      rows.push({ name: `p99_vs_bare_${kind}`, value: ratio("ours", "bare", "p99"), unit: "ratio", bound: "<=2" });
      worst.bare = Math.min(worst.bare, ratio("ours", "bare", "rps"));
      worst.p99 = Math.max(worst.p99, ratio("ours", "bare", "p99"));
    }
    rows.push({
      name: "rps_vs_bare",
      value: worst.bare,
      unit: "ratio",
      bound: ">=0.6",
      note: `${connections} connections, guard, ledger and keys on; the worse of JSON and SSE`,
    });
    rows.push({
      name: "rps_vs_portkey",
      value: worst.portkey,
      unit: "ratio",
      bound: ">=3",
      note: "@portkey-ai/gateway 1.15.2, the worse of JSON and SSE as far as it answers",
    });
    rows.push({ name: "p99_vs_bare", value: worst.p99, unit: "ratio", bound: "<=2" });
  } finally {
    await Promise.all(Object.values(gateways).map((g) => g.stop("SIGKILL")));
  }
  return rows;
}

/** One stream at a time, so that nothing queues: ours, once its code is compiled, less straight to the provider. */
async function firstToken(upstream: Proc, home: Home, quick: boolean): Promise<Row> {
  const ours = await startOurs(home);
  try {
    const warm = { port: ours.port, path, headers: ours.headers, connections: 16, requests: quick ? 500 : 10_000 };
    for (const stream of [false, true]) await load({ ...warm, body: body("bench/bench", stream) });
    const differences: number[] = [];
    for (let round = 0; round < (quick ? 3 : 9); round++) {
      const spec = { path, connections: 1, requests: quick ? 20 : 60 };
      const direct = await load({ ...spec, port: upstream.port, headers: {}, body: body("slow", true) });
      const through = await load({ ...spec, port: ours.port, headers: ours.headers, body: body("bench/slow", true) });
      differences.push(through.first - direct.first);
    }
    return {
      name: "ttft_added_ms",
      value: median(differences.slice(1)),
      unit: "ms",
      bound: "<1",
      note: "first byte of the stream, one stream at a time, against the provider itself",
    };
  } finally {
    await ours.stop("SIGKILL");
  }
}

/** Two sockets a stream: a process may open 20,000 descriptors here, so what cannot fit is left out and said. */
async function idleStreams(home: Home, quick: boolean, log: (line: string) => void): Promise<Row> {
  const wanted = quick ? 1_000 : 9_900;
  const ours = await startOurs(home);
  const sockets: Socket[] = [];
  try {
    const before = await rss(ours.pid);
    const text = body("bench/idle", true);
    const request = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${ours.port}\r\nauthorization: ${ours.headers.authorization}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
    let open = 0;
    for (let i = 0; i < wanted; i += 100) {
      await Promise.all(
        Array.from(
          { length: 100 },
          () =>
            new Promise<void>((resolve, reject) => {
              const socket = connect(ours.port, "127.0.0.1", () => socket.write(request));
              sockets.push(socket);
              socket.once("data", (d) => {
                if (String(d).startsWith("HTTP/1.1 200")) open++;
                resolve();
              });
              socket.once("error", reject);
            }),
        ),
      );
    }
    await new Promise((r) => setTimeout(r, 5_000));
    const held = await rss(ours.pid);
    log(`idle: ${open} streams open, ${(before / 2 ** 20).toFixed(0)} MiB before, ${(held / 2 ** 20).toFixed(0)} MiB held`);
    const scaled = quick ? held : (held - before) * (10_000 / open) + before;
    return {
      name: "idle_streams_mib",
      value: scaled / 2 ** 20,
      unit: "MiB",
      bound: "<1024",
      note: `${open} streams held${quick ? " (--quick)" : ", scaled to 10,000: two sockets each, 20,000 descriptors allowed"}`,
    };
  } finally {
    for (const s of sockets) s.destroy();
    await ours.stop("SIGKILL");
  }
}

/** Resident memory after the first tenth against the end. */
async function growth(home: Home, quick: boolean, log: (line: string) => void): Promise<Row> {
  const total = quick ? 20_000 : 1_000_000;
  const ours = await startOurs(home);
  try {
    const some = (requests: number, stream: boolean): Promise<Measured> =>
      load({ port: ours.port, path, headers: ours.headers, body: body("bench/bench", stream), connections, requests });
    const samples: number[] = [];
    for (let i = 0; i < 10; i++) {
      const m = await some((total / 10) * 0.9, false);
      await some((total / 10) * 0.1, true);
      samples.push(await rss(ours.pid));
      log(
        `memory: ${(((i + 1) * total) / 10).toLocaleString("en")} requests, ${((samples[i] as number) / 2 ** 20).toFixed(0)} MiB, ${m.rps.toFixed(0)} requests/s, ${m.errors} errors`,
      );
    }
    const early = median(samples.slice(1, 4));
    const late = median(samples.slice(-3));
    return {
      name: "rss_growth",
      value: late / early - 1,
      unit: "ratio",
      bound: "<=0.05",
      note: `${total.toLocaleString("en")} requests; median of the last three tenths against tenths two to four`,
    };
  } finally {
    await ours.stop("SIGKILL");
  }
}

/** Kill under load, start again, look for every run whose response a client got whole. */
async function sigkill(home: Home, quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const rounds = quick ? 3 : 20;
  let lost = 0;
  let whole = 0;
  const starts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const ours = await startOurs(home);
    starts.push(ours.startMs);
    const runs: string[] = [];
    const note = (head: string): void => void runs.push(/x-inkseal-run: (\S+)/i.exec(head)?.[1] ?? "?");
    const spec = { port: ours.port, path, headers: ours.headers, connections: 16, seconds: 1 + Math.random(), onWhole: note };
    const loads = Promise.all([
      load({ ...spec, body: body("bench/bench", false) }),
      load({ ...spec, body: body("bench/bench", true) }),
    ]);
    await new Promise((r) => setTimeout(r, 700 + Math.random() * 300));
    await ours.stop("SIGKILL");
    await loads;
    const rows = (await cli(home.folder, "ledger", "export")).trim().split("\n");
    const known = new Set(rows.map((line) => (JSON.parse(line) as { run: string }).run));
    whole += runs.length;
    const missing = runs.filter((r) => !known.has(r)).length;
    lost += missing;
    const chain = JSON.parse(await cli(home.folder, "ledger", "verify", "--json")) as { ok: boolean };
    if (!chain.ok) lost += 1;
    log(
      `kill ${round + 1}: ${runs.length} whole responses, ${missing} without a row, chain ${chain.ok ? "intact" : "BROKEN"}, started in ${ours.startMs.toFixed(0)} ms`,
    );
  }
  return [
    {
      name: "sigkill_lost",
      value: lost,
      unit: "rows",
      bound: "==0",
      note: `${whole.toLocaleString("en")} whole responses over ${rounds} kills`,
    },
    { name: "sigkill_start_ms", value: Math.max(...starts), unit: "ms", bound: "<3000", note: "slowest start-up after a kill" },
  ];
}
