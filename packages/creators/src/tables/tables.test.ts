import { type Chunk, InksealError, type InputFile, type Plan, parseBrief } from "@inkseal/core";
import { epsilon, formatCsv, parseCsv, seededRandom } from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { describe, expect, it } from "vitest";
import type { Place } from "../creator.ts";
import { tables } from "./index.ts";
import type { PrivacyReport } from "./privacy-report.ts";

const place: Place = { read: async () => undefined, backend: (o = {}) => cpuBackend({ ...o, threads: 1 }) };

/** Rows of a shop, with quotes, gaps, and Chinese; `total` goes with `kind`. */
function shop(count: number): string {
  const random = seededRandom(5);
  const kinds = ['书, "精装"', "纸", "墨\n(瓶)"];
  const rows = Array.from({ length: count }, () => {
    const kind = Math.floor(random() * 3);
    const gap = random() < 0.1;
    return [kinds[kind]!, gap ? "" : ((kind + 1) * 10 + random() * 3).toFixed(2), random() < 0.3 ? "yes" : "no", "CNY"];
  });
  return formatCsv([["种类", "total", "gift", "currency"], ...rows]);
}
const fileOf = (text: string, name = "shop.csv"): InputFile => ({
  name,
  mediaType: "text/plain",
  bytes: new TextEncoder().encode(text),
});

function planOf(file: InputFile | undefined, own: Record<string, unknown>, text = ""): Plan {
  const brief = parseBrief({ task: "completion", text, files: file === undefined ? [] : [file], controls: { own } });
  return { kind: "plan", version: 1, brief, engine: {} as never, model: "inkseal-tables", seed: 3, warnings: [] };
}
interface Told {
  readonly csv: string;
  readonly words: string;
  readonly report: Record<string, unknown> & { readonly privacy: PrivacyReport; readonly leftOut: string[] };
  readonly chunks: readonly Chunk[];
}
async function make(
  file: InputFile | undefined,
  own: Record<string, unknown>,
  signal = new AbortController().signal,
): Promise<Told> {
  const job = await tables.jobOf(planOf(file, own), 3);
  const maker = await tables.open(place);
  const chunks: Chunk[] = [];
  for await (const batch of maker.make(structuredClone(job), signal)) chunks.push(...batch);
  const csv = new TextDecoder().decode(chunks.find((c) => c.media !== undefined)!.media!.bytes);
  const report = chunks.find((c) => c.json !== undefined)!.json as Told["report"];
  return { csv, report, words: chunks.map((c) => c.text ?? "").join(""), chunks };
}
const refusal = async (file: InputFile | undefined, own: Record<string, unknown>): Promise<InksealError> => {
  const error = await make(file, own).catch((thrown: unknown) => thrown);
  expect(InksealError.is(error), `${error}`).toBe(true);
  return error as InksealError;
};

describe("synthetic tables", () => {
  it("have the file's columns and categories, numbers within its ends, gaps, and a privacy report; the same seed makes the same", async () => {
    const source = shop(240);
    const { csv, report, words, chunks } = await make(fileOf(source), { rows: 150, steps: 60 });
    const [header, ...rows] = parseCsv(csv).map(({ fields }) => fields);
    expect(header).toEqual(["种类", "total", "gift", "currency"]);
    expect(rows).toHaveLength(150);
    expect(new Set(rows.map(([kind]) => kind))).toEqual(new Set(['书, "精装"', "纸", "墨\n(瓶)"]));
    const totals = rows.map(([, total]) => total!).filter((total) => total !== "");
    expect(totals.every((total) => /^\d+\.\d\d$/.test(total) && Number(total) >= 10 && Number(total) <= 33)).toBe(true);
    expect(new Set(rows.map(([, , , currency]) => currency))).toEqual(new Set(["CNY"]));
    expect(report.privacy.membershipAuc).toBeGreaterThan(0.35);
    expect(report.privacy.membershipAuc).toBeLessThan(0.65);
    expect(report.privacy.closest.median).toBeGreaterThanOrEqual(0);
    expect(report.privacy.sampled).toEqual({ made: 150, learnt: 192, heldOut: 48 });
    const known = new Set(source.split("\n"));
    expect(
      csv
        .split("\n")
        .slice(1, -1)
        .filter((line) => /^纸/.test(line) && known.has(line) && !line.includes(",,")),
    ).toEqual([]);
    expect(words).toMatch(/150 synthetic rows/);
    expect(chunks.filter((c) => c.progress !== undefined).length).toBeGreaterThan(1);
    expect(chunks.at(-1)).toMatchObject({ finish: "stop" });
    expect((await make(fileOf(source), { rows: 150, steps: 60 })).csv).toBe(csv);
  });

  it("keep conditions, by a ctgan", async () => {
    const { csv, report } = await make(fileOf(shop(200)), { rows: 40, steps: 60, where: { 种类: "纸", gift: "yes" } });
    const rows = parseCsv(csv).slice(1);
    expect(rows).toHaveLength(40);
    for (const { fields } of rows) expect([fields[0], fields[2]]).toEqual(["纸", "yes"]);
    expect(report.model).toMatchObject({ kind: "ctgan" });
    expect((await refusal(fileOf(shop(60)), { steps: 10, where: { 种类: "石头" } })).message).toMatch(
      /no such category; it has /,
    );
    expect((await refusal(fileOf(shop(60)), { steps: 10, where: { total: "3" } })).message).toMatch(/no column of categories/);
  });

  it("tell the ε that private training reached, which is the accountant's", async () => {
    const { report } = await make(fileOf(shop(100)), { rows: 20, steps: 12, noise: 1.2, delta: 1e-3 });
    const batch = 20; // a quarter of the 80 rows that are learnt from
    expect(report.privacy.differential).toEqual({
      delta: 1e-3,
      epsilon: epsilon({ noise: 1.2, rate: batch / 80, steps: 12, delta: 1e-3 }),
    });
  });

  it("leave out columns that name their rows, and say so", async () => {
    const source = formatCsv([
      ["id", "note", "kind"],
      ...Array.from({ length: 60 }, (_, i) => [`c-${i}`, `text ${i}`, i % 2 === 0 ? "a" : "b"]),
    ]);
    const { csv, report } = await make(fileOf(source), { rows: 10, steps: 10 });
    expect(report.leftOut).toEqual(["id", "note"]);
    expect(csv.split("\n")[0]).toBe("kind");
  });

  it("of one column or of constants have no other rows than the file's, and say how many are", async () => {
    const one = await make(fileOf(formatCsv([["kind"], ...Array.from({ length: 30 }, (_, i) => [i % 3 === 0 ? "" : "b"])])), {
      rows: 12,
      steps: 10,
    });
    expect(parseCsv(one.csv)).toHaveLength(13);
    expect(one.report.privacy).toMatchObject({ exactCopies: 12, heldOutCopies: 1 });
    const constant = await make(fileOf(formatCsv([["n"], ...Array.from({ length: 30 }, () => ["7"])])), { rows: 5, steps: 10 });
    expect(constant.csv).toBe("n\n7\n7\n7\n7\n7\n");
  });

  it("refuse what cannot be learnt, each in plain words", async () => {
    expect((await refusal(fileOf("a,b\n1,2\n"), {})).message).toMatch(/has 1 row; at least 20/);
    expect((await refusal(fileOf("a,b\n"), {})).message).toMatch(/no rows/);
    expect((await refusal(fileOf('a,b\n1,"2\n'), {})).message).toMatch(/quote that does not end/);
    expect((await refusal(fileOf(`id\n${Array.from({ length: 40 }, (_, i) => `x${i}`).join("\n")}\n`), {})).message).toMatch(
      /nothing is left to learn: id has a different text/,
    );
    expect(await refusal(undefined, {})).toMatchObject({ code: "bad-request", details: { param: "files" } });
    expect((await refusal(fileOf(shop(60)), { leave: ["nothing"] })).message).toMatch(
      /no column "nothing"; it has 种类, total/,
    );
    expect(await refusal(fileOf(shop(60)), { model: "ctgan", noise: 1 })).toMatchObject({ code: "cannot-do" });
    expect(await refusal(fileOf(shop(60)), { model: "tvae", where: { gift: "no" } })).toMatchObject({ code: "bad-request" });
    const bytes = Uint8Array.of(0x61, 0x0a, 0xff, 0xff, 0x0a);
    expect((await refusal({ name: "a.csv", mediaType: "text/csv", bytes }, {})).message).toMatch(/neither UTF-8 nor GB 18030/);
  });

  it("read GB 18030, as Excel in China writes, and lines that stand in the words", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? "\xc4\xd0" : "\xc5\xae")).join("\n");
    const bytes = Uint8Array.from(`\xd0\xd4\xb1\xf0\n${rows}\n`, (c) => c.charCodeAt(0));
    const { csv } = await make({ name: "性别.csv", mediaType: "application/octet-stream", bytes }, { rows: 6, steps: 10 });
    expect(csv).toMatch(/^性别\n(?:男|女)\n/);
    const job = await tables.jobOf(planOf(undefined, {}, "a,b\n1,x\n2,y"), 1);
    expect(job.text).toBe("a,b\n1,x\n2,y");
  });

  it("stop when the reader leaves", async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(make(fileOf(shop(100)), {}, stop.signal)).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("scores of unusual rows", () => {
  it("find rows that break the others' relation, tell AUC by a label that was not learnt from, and keep the file's rows", async () => {
    const random = seededRandom(2);
    const usual = Array.from({ length: 300 }, () => {
      const x = random() * 10;
      return [x.toFixed(2), (2 * x + random()).toFixed(2), "ok"];
    });
    const odd = Array.from({ length: 15 }, () => [(random() * 10).toFixed(2), (40 + random() * 20).toFixed(2), "fraud"]);
    const source = formatCsv([["x", "y", "label"], ...usual, ...odd]);
    const { csv, report } = await make(fileOf(source), { score: true, label: "label", normal: "ok", steps: 150 });
    expect(report.label).toMatchObject({ column: "label", normal: "ok", unusual: 15, rows: 75 });
    expect((report.label as { auc: number }).auc).toBeGreaterThan(0.9);
    const lines = parseCsv(csv);
    expect(lines[0]!.fields).toEqual(["x", "y", "label", "anomaly_score"]);
    expect(lines.slice(1).map(({ fields }) => fields.slice(0, 3))).toEqual([...usual, ...odd]);
    expect(await refusal(fileOf(source), { score: true, label: "none" })).toMatchObject({ code: "bad-request" });
  });
});
