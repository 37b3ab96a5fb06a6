/** What int8 and int4 cost a trained GPT in perplexity, over the whole validation part of tiny Shakespeare. */
import {
  activationMoments,
  alignGpt,
  evaluationWindows,
  type GptConfig,
  gptDecoder,
  heldOutNats,
  type MixedWeights,
  memoryTokens,
  quantise,
  type Weights,
} from "@inkseal/lab";
import { cpuBackend } from "@inkseal/lab/node";
import { shakespeare } from "./data.ts";

/** Shares of the float model's perplexity: 0.01 is 1 %. Measured by the decoders that people use: weights and activations quantised. */
export async function quantisationCost(
  model: { readonly config: GptConfig; readonly weights: Weights },
  log: (line: string) => void,
): Promise<{ int8: number; int4: number }> {
  const { config, weights } = alignGpt(model.config, model.weights);
  const { train, validation } = await shakespeare();
  const length = config.context;
  const windows = Array.from({ length: Math.floor((validation.length - 1) / length) }, (_, i) =>
    validation.subarray(i * length, (i + 1) * length + 1),
  );
  const backend = cpuBackend();
  try {
    const nats = async (mixed: MixedWeights): Promise<number> => {
      const decoder = gptDecoder(backend, config, mixed);
      const found = await heldOutNats(decoder, windows);
      decoder.close();
      return found;
    };
    const before = await nats(weights);
    // 16,384 tokens of the training part show how the matrices are used
    const calibration = evaluationWindows(memoryTokens(train), { batch: 16, length, batches: Math.ceil(1024 / length) });
    const moments = await activationMoments(backend, config, weights, calibration, length);
    const cost = async (bits: 8 | 4): Promise<number> => {
      const after = await nats(quantise(weights, { bits, moments }));
      const share = Math.exp(after - before) - 1;
      log(
        `  int${bits}: perplexity ${Math.exp(before).toFixed(4)} → ${Math.exp(after).toFixed(4)}, ${(100 * share).toFixed(2)} %`,
      );
      return share;
    };
    return { int8: await cost(8), int4: await cost(4) };
  } finally {
    backend.close();
  }
}
