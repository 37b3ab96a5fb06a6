/**
 * A VAE and a GAN of drawn digits, each trained here in less than five minutes. The VAE is judged by its evidence bound on digits in black and
 * white that it has not seen; both by the Fréchet distance of 4,000 pictures to as many of training, on the features of a small classifier
 * that is trained first (32 features, so a scale of its own: what digits that nobody trained on score is the
 * floor, what noise scores the ceiling).
 */
import {
  elbo,
  logLikelihood,
  type ModelConfig,
  ModelConfigSchema,
  scope,
  seededRandom,
  Tensor,
  toParameters,
  untracked,
  type VaeConfig,
  type VitConfig,
  vit,
} from "@inkseal/lab";
import { cpuBackend, samplePictures } from "@inkseal/lab/node";
import type { Row } from "../run.ts";
import { digits } from "./digits.ts";
import { type Features, frechet } from "./frechet.ts";
import { trainKind } from "./train-kind.ts";

const side = 28;
const pixels = side * side;
const picture = { height: side, width: side, channels: 1 };
const kind = (json: object): ModelConfig => ModelConfigSchema.parse({ picture, ...json });

/** Rows of the claim `lab`. `quick`: trainings of seconds, whose figures mean nothing. */
export async function pictures({
  quick = false,
  log = (_line: string) => {},
}: {
  readonly quick?: boolean;
  readonly log?: (line: string) => void;
}): Promise<Row[]> {
  const count = quick ? 2000 : 20_000;
  const judged = quick ? 500 : 4000;
  const short = (steps: number): number => (quick ? Math.ceil(steps / 100) : steps);
  const { pictures: train, labels } = digits(count, 1);
  const { pictures: unseen } = digits(judged, 2);
  const data = { pictures: train, labels: Int32Array.from(labels) };

  log("the classifier whose features judge");
  const classifier = await trainKind(
    kind({ kind: "vit", patch: 7, layers: 2, width: 32, heads: 4, classes: 10 }),
    data,
    { count, holdOut: 0.1 },
    { steps: short(1000), batch: 64, learningRate: 2e-3, log },
  );
  log(`the VAE on black and white, ${count} pictures`);
  const vae = await trainKind(
    kind({ kind: "vae", hidden: 400, depth: 2, latent: 20 }),
    { pictures: blackAndWhite(train, 3) },
    { count, holdOut: 0.05 },
    { steps: short(8000), batch: 100, learningRate: 1e-3, minutes: 4.8, log },
  );
  log("the GAN, with classes");
  const gan = await trainKind(
    kind({ kind: "gan", hidden: 256, latent: 32, classes: 10, criticSteps: 2 }),
    data,
    { count, holdOut: 0.05 },
    { steps: short(8000), batch: 64, learningRate: 1e-3, beta1: 0.5, beta2: 0.9, minutes: 4.8, log },
  );

  const backend = cpuBackend();
  try {
    const c = classifier.config as VitConfig;
    const p = toParameters(backend, classifier.weights);
    const features = (bytes: Uint8Array): Features => {
      const values = new Float32Array((bytes.length / pixels) * c.width);
      for (let at = 0; at < bytes.length; at += 250 * pixels) {
        const some = Float32Array.from(bytes.subarray(at, at + 250 * pixels), (x) => x / 127.5 - 1);
        const found = scope(() =>
          untracked(() => vit(c, p, Tensor.from(backend, some, [some.length / pixels, side, side, 1])).valuesSync()),
        );
        values.set(found, (at / pixels) * c.width);
      }
      return { values, width: c.width };
    };
    const real = features(train.subarray(0, judged * pixels));
    const score = (bytes: Uint8Array): number => frechet(real, features(bytes));
    const random = seededRandom(5);
    const floor = score(unseen);
    const ceiling = score(Uint8Array.from({ length: judged * pixels }, () => 256 * random()));
    const note = `digits that nobody trained on score ${floor.toPrecision(2)}, noise ${ceiling.toPrecision(2)}`;

    const config = vae.config as VaeConfig;
    const q = toParameters(backend, vae.weights);
    const held = Float32Array.from(blackAndWhite(unseen, 4), (x) => x / 255);
    const some = (n: number) => Tensor.from(backend, held.subarray(0, n * pixels), [n, pixels]);
    const bound = mean(elbo(config, q, some(judged), seededRandom(6)));
    const weighted = mean(logLikelihood(config, q, some(500), seededRandom(7), quick ? 2 : 200));
    return [
      {
        name: "vae_elbo",
        value: bound,
        unit: "nats",
        ...(!quick && { bound: ">=-80" }),
        note: `of an unseen digit in black and white; by 200 importance weights ${weighted.toFixed(1)} (500 digits)`,
      },
      { name: "vae_frechet", value: score((await samplePictures(vae, { count: judged })).pixels), unit: "", note },
      { name: "vae_minutes", value: vae.seconds / 60, unit: "min", bound: "<5", note: `${vae.steps} steps` },
      {
        name: "gan_frechet",
        value: score((await samplePictures(gan, { count: judged })).pixels),
        unit: "",
        ...(!quick && { bound: "<0.5" }),
        note,
      },
      { name: "gan_minutes", value: gan.seconds / 60, unit: "min", bound: "<5", note: `${gan.steps} steps` },
      { name: "digits_frechet_floor", value: floor, unit: "", note: "unseen digits against training digits" },
      { name: "digits_frechet_ceiling", value: ceiling, unit: "", note: "noise against training digits" },
    ];
  } finally {
    backend.close();
  }
}

/** Each pixel black or white by chance of its grey, once for all (Salakhutdinov & Murray 2008, as for binarised MNIST). */
function blackAndWhite(greys: Uint8Array, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return greys.map((grey) => (255 * random() < grey ? 255 : 0));
}
const mean = (list: ArrayLike<number>): number => Array.from(list).reduce((a, b) => a + b, 0) / list.length;
