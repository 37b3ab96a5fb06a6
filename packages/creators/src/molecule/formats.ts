import { InksealError, type MediaPart } from "@inkseal/core";
import { formatCsv } from "@inkseal/lab";
import type { Properties } from "./properties.ts";
import { type Rdkit, withMol } from "./rdkit.ts";

/** Says on every answer what it is good for. */
export const stamp = "Research only / 仅供研究";

export interface Molecule extends Properties {
  /** Canonical SMILES. */
  readonly smiles: string;
  /** Whether it is not among the molecules that the model was trained on. */
  readonly unseen: boolean;
}

export type Format = "text" | "smiles" | "json" | "csv" | "sdf" | "svg";
const formats: Readonly<Record<string, Format>> = {
  text: "text",
  txt: "text",
  "text/plain": "text",
  "text/markdown": "text",
  smiles: "smiles",
  smi: "smiles",
  "chemical/x-daylight-smiles": "smiles",
  json: "json",
  "application/json": "json",
  csv: "csv",
  "text/csv": "csv",
  sdf: "sdf",
  mol: "sdf",
  "chemical/x-mdl-sdfile": "sdf",
  "chemical/x-mdl-molfile": "sdf",
  svg: "svg",
  "image/svg+xml": "svg",
};
/** Media types that it writes as files; the others are words. */
export const fileTypes = {
  csv: "text/csv",
  json: "application/json",
  sdf: "chemical/x-mdl-sdfile",
  smiles: "chemical/x-daylight-smiles",
  svg: "image/svg+xml",
} as const;

/** Throws `cannot-do` for a format that molecules are not written in. */
export function formatOf(wanted: string | undefined): Format {
  if (wanted === undefined) return "text";
  const format = formats[wanted.toLowerCase()];
  if (format !== undefined) return format;
  throw new InksealError("cannot-do", "molecules are written as text, smiles, json, csv, sdf (mol) or svg", {
    param: "controls.format",
  });
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
/** A molecule as data. */
export const dataOf = (molecule: Molecule) => ({
  smiles: molecule.smiles,
  qed: round(molecule.qed, 3),
  logP: round(molecule.logP, 2),
  weight: round(molecule.weight, 2),
  tpsa: round(molecule.tpsa, 1),
  donors: molecule.donors,
  acceptors: molecule.acceptors,
  rotatable: molecule.rotatable,
  rings: molecule.rings,
  aromaticRings: molecule.aromaticRings,
  alerts: molecule.alerts,
  unseen: molecule.unseen,
});

/** A line of words. */
export function lineOf(molecule: Molecule, zh: boolean): string {
  const { smiles, qed, logP, weight, unseen } = dataOf(molecule);
  const seen = unseen ? "" : zh ? "，训练数据中已有" : ", in the training data";
  return zh
    ? `${smiles}（QED ${qed}，logP ${logP}，分子量 ${weight}${seen}）\n`
    : `${smiles} (QED ${qed}, logP ${logP}, ${weight} g/mol${seen})\n`;
}

/** Molecules as one file; `report` is what is said of them as data. */
export function fileOf(
  format: keyof typeof fileTypes,
  molecules: readonly Molecule[],
  report: object,
  rdkit: Rdkit,
): MediaPart {
  const writers = { csv, smiles, sdf, svg, json: () => `${JSON.stringify(report, null, 1)}\n` };
  return { mediaType: fileTypes[format], bytes: new TextEncoder().encode(writers[format](molecules, rdkit)), last: true };
}

/** A line each, with a name that holds the stamp: of remarks many readers know nothing. */
const smiles = (molecules: readonly Molecule[]): string =>
  molecules.map((molecule, i) => `${molecule.smiles} inkseal-${i + 1}_Research_only_仅供研究\n`).join("");

function csv(molecules: readonly Molecule[]): string {
  const rows = molecules.map((molecule) => ({ ...dataOf(molecule), use: stamp }));
  return formatCsv([Object.keys(rows[0]!), ...rows.map((row) => Object.values(row).map(String))]);
}

/** MDL's SD file: a molblock each with coordinates in two dimensions, and its properties as data items. */
function sdf(molecules: readonly Molecule[], rdkit: Rdkit): string {
  return molecules
    .map((molecule, i) => {
      const block = withMol(rdkit, molecule.smiles, (mol) => mol.get_molblock())!;
      const [, ...rest] = block.split("\n");
      const { smiles, ...data } = dataOf(molecule);
      const items = Object.entries({ SMILES: smiles, ...data, USE: stamp });
      return `inkseal-${i + 1}\n${rest.join("\n")}${items.map(([name, value]) => `> <${name}>\n${value}\n\n`).join("")}$$$$\n`;
    })
    .join("");
}

const cell = { width: 260, height: 200, words: 30 };
/** A sheet of drawings, at most four in a row. */
function svg(molecules: readonly Molecule[], rdkit: Rdkit): string {
  const columns = Math.min(4, molecules.length);
  const rows = Math.ceil(molecules.length / columns);
  const [width, height] = [columns * cell.width, rows * (cell.height + cell.words) + 24];
  const drawings = molecules.map((molecule, i) => {
    const [x, y] = [(i % columns) * cell.width, Math.floor(i / columns) * (cell.height + cell.words)];
    const drawn = withMol(rdkit, molecule.smiles, (mol) => mol.get_svg(cell.width, cell.height))!;
    const inner = drawn
      .slice(drawn.indexOf("<svg"))
      .replace("<svg", `<svg x='${x}' y='${y}'`)
      .replaceAll(/<!--.*?-->/gs, "");
    const { qed, logP, weight } = dataOf(molecule);
    const words = `QED ${qed} · logP ${logP} · ${weight}`;
    return `${inner}<text x='${x + cell.width / 2}' y='${y + cell.height + 16}' text-anchor='middle' font-size='12' font-family='sans-serif'>${words}</text>`;
  });
  const foot = `<text x='${width / 2}' y='${height - 8}' text-anchor='middle' font-size='12' font-family='sans-serif'>${stamp}</text>`;
  return `<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 ${width} ${height}' width='${width}' height='${height}'><title>Molecules</title><desc>${stamp}: ${molecules.map(({ smiles }) => smiles.replaceAll("&", "&amp;").replaceAll("<", "&lt;")).join(" ")}</desc><rect width='100%' height='100%' fill='#fff'/>${drawings.join("")}${foot}</svg>\n`;
}
