/** The embedded creators' claim: what they make is right, how good their models are, and how fast they are from a cold start. */
import type { Claim, Row } from "../run.ts";

type Options = Parameters<Claim["run"]>[0];

export const run: Claim["run"] = async (options) => {
  const { only } = options;
  const rows: Row[] = [];
  for (const [names, measure] of sections) {
    const wanted = names.filter((name) => only === undefined || only.has(name));
    if (wanted.length === 0) continue;
    rows.push(...(await measure(options)).filter((row) => only === undefined || wanted.includes(row.name)));
  }
  return rows;
};

/** Names of the rows that a measurement gives, and the measurement; loaded only when asked for. */
const sections: readonly (readonly [names: readonly string[], measure: (options: Options) => Promise<readonly Row[]>])[] = [];
