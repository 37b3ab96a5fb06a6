/** Tokens per second of the shipped GPTs beside onnxruntime-node on the same weights, and what all weights weigh. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, medianRatio, runJson } from "../lab/table.ts";
import type { Row } from "../run.ts";

const weights = fileURLToPath(new URL("../../packages/creators/weights", import.meta.url));
interface Speed {
  readonly tokensPerSecond: number;
}
interface Options {
  readonly quick: boolean;
  log(line: string): void;
}

/**
 * Ours in the 8 bits that are shipped, onnxruntime in f32 and in its own 8 bits: the faster of its two counts. The same number of threads on both sides,
 * one and two; rounds in turn, since the machine's noise hits both. The row is the worst of all models and threads.
 */
export async function decodeVsOrt({ quick, log }: Options): Promise<Row[]> {
  const speed = fileURLToPath(new URL("decode-speed.ts", import.meta.url));
  let worst = Number.POSITIVE_INFINITY;
  const notes: string[] = [];
  for (const model of gpts())
    for (const threads of [1, 2]) {
      const found: Record<"ours" | "ort32" | "ort8", number[]> = { ours: [], ort32: [], ort8: [] };
      for (let round = 0; round < (quick ? 1 : 3); round++)
        for (const peer of ["ours", "ort32", "ort8"] as const) {
          const args = [peer, join(weights, model), `${threads}`, quick ? "96" : "192", quick ? "2" : "5"];
          found[peer].push((await runJson<Speed>(speed, args)).tokensPerSecond);
        }
      const best = median(found.ort8) > median(found.ort32) ? "ort8" : "ort32";
      const ratio = medianRatio(found.ours, found[best]);
      worst = Math.min(worst, ratio);
      const [a, b, c] = [found.ours, found.ort32, found.ort8].map((list) => median(list).toFixed(0));
      notes.push(`${model} ${threads}t ${a} : ${b} f32, ${c} int8`);
      log(`  ${model}, ${threads} threads: ours ${a} tokens/s, onnxruntime f32 ${b}, int8 ${c}; ratio ${ratio.toFixed(2)}`);
    }
  if (notes.length === 0) return [];
  return [
    {
      name: "decode_vs_ort",
      value: worst,
      unit: "ratio",
      bound: ">=0.8",
      note: `tokens/s, ours : theirs; ${notes.join("; ")}`,
    },
  ];
}

/** Folders of weights that hold a GPT. */
function gpts(): string[] {
  if (!existsSync(weights)) return [];
  return (readdirSync(weights, { recursive: true }) as string[])
    .filter((file) => basename(file) === "config.json")
    .filter((file) => JSON.parse(readFileSync(join(weights, file), "utf8")).inkseal?.kind === "gpt")
    .map((file) => dirname(file))
    .sort();
}

/** All that is shipped under packages/creators/weights, model cards included. */
export function weightsMib(): Row[] {
  if (!existsSync(weights)) return [];
  const files = readdirSync(weights, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  return [{ name: "weights_mib", value: bytes / 2 ** 20, unit: "MiB", bound: "<=60", note: `${files.length} files` }];
}
