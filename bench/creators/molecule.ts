/** Molecules: valid, unique and novel by MOSES's definitions, RDKit the judge, and how far they are from what was asked. */
import { nodePlace, weightsFolder } from "@inkseal/creators/node";
import { controlErrors, openParts, sample } from "@inkseal/creators/train/molecule";
import { kept } from "../kept.ts";
import type { Claim, Row } from "../run.ts";

type Options = Parameters<Claim["run"]>[0];
const sources = ["packages/creators/src/molecule", "packages/creators/train/molecule", "packages/creators/weights/molecule"];

/** A quick run measures a tenth, and keeps nothing. */
export async function molecules({ quick, fresh, log }: Options): Promise<readonly Row[]> {
  if (quick) return await measure(1000, 300, 20, log);
  const { value, at, now } = await kept("creators-molecule", { sources, fresh }, () => measure(10_000, 2000, 40, log));
  return value.map((row) => ({ ...row, note: `${row.note ?? ""}${now ? "" : `; measured ${at.slice(0, 16)}Z`}` }));
}

async function measure(count: number, raw: number, each: number, log: (line: string) => void): Promise<Row[]> {
  const parts = await openParts(nodePlace(weightsFolder("molecule"), 1));
  log(`  ${raw} texts of the model alone`);
  const alone = await sample(parts, { count: raw, constrained: false });
  log(`  ${count} texts under the writer`);
  const under = await sample(parts, { count, constrained: true });
  log("  what was asked, and what came");
  const control = await controlErrors(parts, each);
  parts.decoder.close();
  const share = { unit: "share" };
  return [
    {
      ...{ name: "molecule_valid", value: under.valid, ...share, bound: ">=0.975" },
      note: `of ${count} drug-like texts under the writer, temperature 1; MOSES's CharRNN: 0.975`,
    },
    { name: "molecule_valid_raw", value: alone.valid, ...share, note: `of ${raw} texts of the same model without it` },
    {
      ...{ name: "molecule_unique", value: under.unique1k, ...share, bound: ">=0.999" },
      note: `among the first 1,000 valid; ${under.unique.toFixed(4)} among ${count}; CharRNN: 1.0 and 0.999`,
    },
    {
      ...{ name: "molecule_novel", value: under.novel, ...share, bound: ">=0.842" },
      note: "of the different ones, not learnt from (a filter's lower bound); CharRNN: 0.842",
    },
    ...control.map(({ property, asked, error, ofFour, unasked }) => ({
      ...{
        name: `molecule_${property.toLowerCase()}_error`,
        value: ofFour,
        unit: property === "weight" ? "g/mol" : "absolute",
      },
      note: `mean distance from ${asked.join(", ")}, the nearest of four as delivered; of one ${error.toFixed(2)}, without asking ${unasked.toFixed(2)}`,
    })),
  ];
}
