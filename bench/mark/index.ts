import type { Row } from "../run.ts";
import { audioRows } from "./audio.ts";
import { conformanceRows } from "./conformance.ts";
import { labelRows } from "./conformance-labels.ts";
import { imageRows } from "./image.ts";
import { likelihoodRows } from "./likelihood.ts";
import { recoveryRows } from "./recovery.ts";
import { samplesRows } from "./samples.ts";
import { textRows } from "./text.ts";
import { videoRows } from "./video.ts";
import { wordingRows } from "./wording.ts";

const parts = {
  audio: audioRows,
  conformance: async (options: Parameters<typeof conformanceRows>[0]) => [
    ...(await conformanceRows(options)),
    ...(await labelRows(options)),
  ],
  image: imageRows,
  likelihood: likelihoodRows,
  recovery: recoveryRows,
  samples: samplesRows,
  text: textRows,
  video: videoRows,
  wording: wordingRows,
};

/** `--only=audio` and the like take one part, `--only=image_chain` a row of one where the part can; else all are measured. */
export async function run(options: {
  readonly quick: boolean;
  readonly fresh: boolean;
  readonly only: ReadonlySet<string> | undefined;
  log(line: string): void;
}): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(parts)) {
    if (options.only !== undefined && ![...options.only].some((row) => row === name || row.startsWith(`${name}_`))) continue;
    options.log(name);
    rows.push(...(await measure(options)));
  }
  return rows;
}
