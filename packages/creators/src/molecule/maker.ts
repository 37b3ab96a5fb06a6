import { type Chunk, InksealError } from "@inkseal/core";
import { generate, seededRandom } from "@inkseal/lab";
import type { Maker } from "../creator.ts";
import { type Asked, controlTokens, prompt } from "./conditions.ts";
import { dataOf, fileOf, lineOf, type Molecule, stamp } from "./formats.ts";
import { hazards } from "./hazards.ts";
import type { MoleculeJob, PropertyName, Wanted } from "./job.ts";
import type { MoleculeParts } from "./parts.ts";
import { type Properties, propertyReader } from "./properties.ts";
import { canonicalOf, Patterns, withMol } from "./rdkit.ts";
import { type OpenScaffold, openScaffold } from "./scaffold-choice.ts";
import { MoleculeWriter } from "./writing.ts";

/** Tokens of a molecule at most, and more for what grows on a scaffold. */
const longest = 72;
const grown = 40;
/** Sequences side by side at most; a little more than are wanted, since some are dropped. */
const widest = 32;
const atOnce = ({ count, candidates }: MoleculeJob): number => Math.min(widest, 4 + Math.ceil(1.2 * count * candidates));

/** What became of the texts that were written. */
interface Tally {
  written: number;
  invalid: number;
  charged: number;
  twice: number;
  outside: number;
  seen: number;
  /** Dropped as dangerous, by class. */
  readonly dangerous: Record<string, number>;
}

export function moleculeMaker({ decoder, vocabulary, known, rdkit }: MoleculeParts): Maker<MoleculeJob> {
  const read = propertyReader(rdkit);
  const danger = hazards.map((hazard) => ({ ...hazard, patterns: new Patterns(rdkit, hazard.smarts) }));
  const texts = vocabulary.tokens.map((token, id) => (id < controlTokens.length ? undefined : token));

  /** A batch of texts under the writer, in the order in which they were begun: short ones are done first, and would otherwise be preferred. */
  async function write(
    job: MoleculeJob,
    scaffold: OpenScaffold | undefined,
    round: number,
    signal: AbortSignal,
  ): Promise<readonly (readonly number[])[]> {
    const together = atOnce(job);
    const starts = Array.from({ length: together }, (_, i) =>
      scaffold?.tokens(seededRandom(job.seed * 7919 + round * widest + i)),
    );
    const most = Math.min(
      decoder.context - 6,
      scaffold === undefined ? longest : Math.max(...starts.map((own) => own!.length)) + grown,
    );
    const written = starts.map(() => [] as number[]);
    const before = vocabulary.ids(prompt(promptOf(job)));
    for await (const step of generate(
      decoder,
      starts.map(() => before),
      {
        each: (i) => {
          const writer = new MoleculeWriter(texts, { end: vocabulary.end, most, scaffold: starts[i] });
          return { hooks: [constraint(writer)] };
        },
        parallel: together,
        sampling: { temperature: job.temperature, topP: job.topP },
        seed: ((job.seed + round * 104_729) >>> 0) * widest,
        stopTokens: [vocabulary.end],
        maxTokens: most,
        signal,
      },
    ))
      for (const { sequence, token } of step) if (token !== vocabulary.end) written[sequence]!.push(token);
    return written;
  }

  return {
    async *make(job, signal) {
      if (job.scaffold !== undefined) refuse(job.scaffold);
      const scaffold = job.scaffold === undefined ? undefined : openScaffold(rdkit, vocabulary, job.scaffold);
      try {
        let tokens = 0;
        for (let index = 0; index < job.choices; index++) {
          const own = { ...job, seed: (job.seed + index * 1_000_003) >>> 0 };
          const last = index === job.choices - 1;
          for await (const chunks of one(own, scaffold, index, signal, (count) => {
            tokens += count;
          }))
            yield chunks;
          if (last) yield [{ index, usage: { outputTokens: tokens } }];
        }
      } finally {
        scaffold?.close();
      }
    },
  };

  async function* one(
    job: MoleculeJob,
    scaffold: OpenScaffold | undefined,
    index: number,
    signal: AbortSignal,
    spend: (tokens: number) => void,
  ): AsyncGenerator<Chunk[]> {
    const words = job.format === "text";
    const enough = job.count * job.candidates;
    const tally: Tally = { written: 0, invalid: 0, charged: 0, twice: 0, outside: 0, seen: 0, dangerous: {} };
    const found = new Map<string, Molecule>();
    const most = 10 * widest + 12 * enough;
    if (words) yield [{ index, text: `${stamp}\n` }];
    for (let round = 0; found.size < enough && tally.written < most; round++) {
      const fresh: Molecule[] = [];
      for (const ids of await write(job, scaffold, round, signal)) {
        spend(ids.length);
        tally.written++;
        const molecule = found.size < enough ? judged(vocabulary.decode(ids), job, scaffold, found, tally) : undefined;
        if (molecule === undefined) continue;
        found.set(molecule.smiles, molecule);
        fresh.push(molecule);
      }
      const progress = { fraction: Math.min(1, found.size / enough), note: `${found.size}/${enough}` };
      const now = words && job.candidates === 1 ? fresh.map((m) => lineOf(m, job.zh)).join("") : undefined;
      yield [{ index, ...(now ? { text: now } : {}), progress }];
    }
    if (found.size === 0) throw nothing(job, tally);
    const chosen = [...found.values()].sort((a, b) => distance(job, a) - distance(job, b)).slice(0, job.count);
    const report = { use: stamp, asked: askedOf(job), molecules: chosen.map(dataOf), tally };
    if (words && job.candidates > 1) yield [{ index, text: chosen.map((m) => lineOf(m, job.zh)).join("") }];
    yield [
      words ? { index, text: remarks(job, chosen.length, tally) } : { index, media: fileOf(job.format, chosen, report, rdkit) },
    ];
    yield [{ index, json: report, finish: chosen.length < job.count ? "length" : "stop" }];
  }

  function judged(
    text: string,
    job: MoleculeJob,
    scaffold: OpenScaffold | undefined,
    found: ReadonlyMap<string, Molecule>,
    tally: Tally,
  ): Molecule | undefined {
    const charge = (text.match(/\[N\+\]/g)?.length ?? 0) - (text.match(/\[[NO]-\]/g)?.length ?? 0);
    if (charge !== 0) return void tally.charged++;
    let valid = false;
    const molecule = withMol(rdkit, text, (mol) => {
      valid = true;
      const smiles = canonicalOf(mol);
      if (found.has(smiles)) return void tally.twice++;
      if (scaffold !== undefined && !scaffold.isIn(mol)) return void tally.outside++;
      const hazard = danger.find(({ patterns }) => patterns.in(mol).length > 0);
      if (hazard !== undefined) {
        tally.dangerous[hazard.name] = (tally.dangerous[hazard.name] ?? 0) + 1;
        return undefined;
      }
      const unseen = !known.has(smiles);
      if (job.unseen && !unseen) return void tally.seen++;
      const properties = read(mol);
      if (!keeps(job, properties)) return void tally.outside++;
      return { smiles, unseen, ...properties };
    });
    if (!valid) tally.invalid++;
    return molecule ?? undefined;
  }

  function refuse(smiles: string): void {
    const hazard = withMol(rdkit, smiles, (mol) => danger.find(({ patterns }) => patterns.in(mol).length > 0));
    if (hazard !== undefined)
      throw new InksealError(
        "blocked",
        `the scaffold is of a dangerous class: ${hazard.name} / 骨架属于危险类别：${hazard.zh}`,
        { param: "controls.own.scaffold" },
      );
  }
}

/** Forbids what the writer does not allow. */
export function constraint(writer: MoleculeWriter) {
  const hook = (logits: Float32Array): void => {
    for (let id = 0; id < logits.length; id++) if (!writer.allows(id)) logits[id] = -Infinity;
  };
  return Object.assign(hook, { accept: (token: number) => writer.accept(token) });
}

const middle = (wanted: Wanted | undefined): number | undefined =>
  typeof wanted === "object" ? (wanted[0] + wanted[1]) / 2 : wanted;
const promptOf = ({ kind, wanted }: MoleculeJob): Asked => ({
  kind,
  weight: middle(wanted.weight),
  logP: middle(wanted.logP),
  qed: middle(wanted.qed),
});
/** What counts as one step away. */
const scale: Readonly<Record<PropertyName, number>> = { weight: 50, logP: 1, qed: 0.1 };
const distance = ({ wanted }: MoleculeJob, molecule: Properties): number =>
  (Object.keys(wanted) as PropertyName[]).reduce(
    (sum, name) => sum + Math.abs(molecule[name] - middle(wanted[name])!) / scale[name],
    0,
  );
const keeps = ({ wanted }: MoleculeJob, molecule: Properties): boolean =>
  (Object.keys(wanted) as PropertyName[]).every((name) => {
    const range = wanted[name]!;
    return typeof range === "number" || (molecule[name] >= range[0] && molecule[name] <= range[1]);
  });
const askedOf = ({ count, kind, wanted, scaffold, unseen, seed }: MoleculeJob) => ({
  count,
  kind,
  ...wanted,
  ...(scaffold !== undefined && { scaffold }),
  ...(unseen && { unseen }),
  seed,
});

/** What the reader should know beside the molecules. */
function remarks({ count, zh }: MoleculeJob, made: number, { dangerous }: Tally): string {
  const dropped = Object.values(dangerous).reduce((a, b) => a + b, 0);
  const fewer =
    made < count
      ? zh
        ? `只找到 ${made} 个（共要 ${count} 个）：放宽条件。\n`
        : `Only ${made} of ${count} were found: widen the wish.\n`
      : "";
  const safe =
    dropped === 0 ? "" : zh ? `已丢弃 ${dropped} 个危险类别的分子。\n` : `${dropped} of dangerous classes were dropped.\n`;
  return fewer + safe;
}

function nothing({ scaffold }: MoleculeJob, { written, outside, seen, dangerous }: Tally): InksealError {
  const dropped = Object.values(dangerous).reduce((a, b) => a + b, 0);
  return new InksealError(
    "cannot-do",
    `of ${written} molecules none is as asked (${outside} outside of the ranges${scaffold === undefined ? "" : " or without the scaffold"}, ${seen} in the training data, ${dropped} of dangerous classes): widen the ranges, or ask for fewer things at once`,
    { param: "controls.own" },
  );
}
