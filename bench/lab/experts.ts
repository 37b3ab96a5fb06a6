/**
 * Mixture of experts against a dense model of equal work for each token: 4 layers, width 128, 2,000 steps of the same windows. The dense feed-forward
 * block is 344 wide; of the mixture's 8 blocks of 168, two answer each token (336), which leaves the router's 8 × 128 products in the dense model's favour.
 */
import { type GptConfig, GptConfigSchema, gptSizes } from "@inkseal/lab";
import { shakespeare } from "./data.ts";
import { trainSmallGpt } from "./small-gpt.ts";

/** Multiplications of a token's way through the feed-forward blocks, router included. */
export function activeProducts(config: GptConfig): number {
  const { hidden } = gptSizes(config);
  const { count, top } = config.experts ?? { count: 0, top: 1 };
  return config.layers * config.width * (3 * hidden * top + count);
}

/** Validation nats a character of both; `difference` is what the mixture saves: above 0 when it is better. */
export async function moeVsDense(
  log: (line: string) => void,
  { steps = 2000, seed = 1 } = {},
): Promise<{ dense: number; experts: number; difference: number }> {
  const data = await shakespeare();
  const common = { kind: "gpt", vocab: data.alphabet.length, context: 64, layers: 4, width: 128, heads: 4 } as const;
  const dense = GptConfigSchema.parse({ ...common, hidden: 344 });
  const mixture = GptConfigSchema.parse({ ...common, hidden: 168, experts: { count: 8, top: 2 } });
  if (activeProducts(mixture) > activeProducts(dense)) throw new Error("the mixture works more than the dense model");
  const nats: number[] = [];
  for (const [name, config] of [
    ["dense", dense],
    ["8 experts, 2 active", mixture],
  ] as const) {
    const done = await trainSmallGpt(data, config, { steps, seed, log });
    log(
      `  ${name}: ${done.nats.toFixed(4)} nats after ${done.minutes.toFixed(1)} minutes, ${activeProducts(config)} products a token`,
    );
    nats.push(done.nats);
  }
  return { dense: nats[0]!, experts: nats[1]!, difference: nats[0]! - nats[1]! };
}
