/**
 * How well a model of words tells what it wrote (temperature 1, 128 tokens) from what people wrote: on the end of its own source, which it was
 * not trained on. The hardest temperature, and the easiest machine to find: itself. Of other models' words this says nothing.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calibrate } from "@inkseal/lab/node";
import { shakespeare } from "../lab/data.ts";
import type { Row } from "../run.ts";
import { pictureRows } from "./likeness/rows.ts";
import { languages, poems, wordsModel } from "./words-model.ts";

/** Share of the text that training held out, at its end. */
const heldOut = 0.03;

interface Options {
  readonly quick: boolean;
  readonly fresh: boolean;
  readonly only: ReadonlySet<string> | undefined;
  log(line: string): void;
}

/** `--only=likelihood_picture` leaves the words out, for which models are trained. */
export async function likelihoodRows(options: Options): Promise<Row[]> {
  const pictures = await pictureRows(options);
  const alone = options.only !== undefined && !options.only.has("likelihood");
  return alone && options.only?.has("likelihood_picture") ? pictures : [...pictures, ...(await wordRows(options))];
}

async function wordRows({ quick, log }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  for (const language of languages) {
    try {
      await wordsModel(language, log); // trained where it is not yet
      const text = language === "en" ? (await shakespeare()).text : poems();
      const people = text.slice(Math.ceil((1 - heldOut) * text.length) + 2000);
      const folder = mkdtempSync(join(tmpdir(), "inkseal-bench-likelihood-"));
      cpSync(join(tmpdir(), `inkseal-bench-words/${language}/model`), folder, { recursive: true });
      const texts = quick ? 30 : 80;
      const { measured } = await calibrate(folder, { people, set: "held out", texts, tokens: 128, seed: 1, threads: 1 });
      rmSync(folder, { recursive: true });
      log(`  ${language}: AUC ${measured.auc}, ${measured.foundAtOnePercent} found at 1 %, ${texts} texts of each kind`);
      const note = `${language}, ${texts} texts of people and of the model itself, 128 tokens at temperature 1`;
      rows.push({ name: `likelihood_auc_${language}`, value: measured.auc, unit: "of 1", note });
      rows.push({ name: `likelihood_tpr1_${language}`, value: measured.foundAtOnePercent, unit: "of 1", note });
    } catch (error) {
      log(`  no ${language} rows: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  return rows;
}
