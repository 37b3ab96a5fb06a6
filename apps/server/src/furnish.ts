import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Clock, type Engine, InksealError, idMaker, type Task } from "@inkseal/core";
import { creators } from "@inkseal/creators";
import {
  creatorEngine,
  espeakEngine,
  type FilmOptions,
  filmEngine,
  findFfmpeg,
  fliteEngine,
  labEngine,
  llamaEngine,
  onnxEngine,
  providersOf,
  remoteEngines,
  undiciTransport,
} from "@inkseal/engines";
import { createGuard } from "@inkseal/guard";
import { openJobs, openLedger, openUploads, sealText } from "@inkseal/ledger";
import { createMarker, hexOf, sm2PublicKey, timeStampAuthority } from "@inkseal/mark";
import { ffmpegCoder } from "@inkseal/mark/node";
import { guardEngine, SharedEnergy } from "@inkseal/pipeline";
import { type Database, openBlobs } from "@inkseal/store";
import type { Config } from "./config.ts";
import { readingApart } from "./examine/apart.ts";
import { Examiner } from "./examine/examiner.ts";
import type { House } from "./house.ts";
import { loadSecrets } from "./identity.ts";

const clock: Clock = { now: Date.now, random: pooledRandom(4096) };

/** Random bytes from the system, drawn `size` at a time: a draw costs 3 µs, whatever its size. */
function pooledRandom(size: number): (length: number) => Uint8Array {
  let pool = new Uint8Array(0);
  return (length) => {
    if (length > size) return new Uint8Array(randomBytes(length));
    if (pool.length < length) pool = new Uint8Array(randomBytes(size));
    const bytes = pool.slice(0, length);
    pool = pool.subarray(length);
    return bytes;
  };
}

/** The meter of this process, made when somebody first asks: the Lab takes a quarter of a second to load. */
function energyHere(): House["energy"] {
  let energy: Promise<SharedEnergy> | undefined;
  return () => (energy ??= import("@inkseal/lab/node").then(({ energyMeter }) => new SharedEnergy(energyMeter())));
}

/** Composes everything above the database. Closes it when that fails. */
export async function furnish(config: Config, env: NodeJS.ProcessEnv, opening: Promise<Database>): Promise<House> {
  const { home } = config;
  const database = await opening;
  try {
    const [blobs, secrets] = await Promise.all([openBlobs(blobOptions(config, env)), loadSecrets(home, clock.now, config)]);
    const ledger = await openLedger({ database, blobs, clock });
    const newId = idMaker(clock);
    const guard = createGuard();
    const transport = undiciTransport();
    const models = join(home, "models");
    const engines = [
      espeakEngine(),
      fliteEngine(),
      guardEngine(guard),
      llamaEngine({ folder: models }),
      onnxEngine({ folder: models }),
      labEngine({ folder: join(home, "lab") }),
      ...creators.map((creator) => creatorEngine(creator)),
      filmEngine({
        folder: join(home, "films"),
        ffmpeg: () => findFfmpeg(env.PATH),
        ...filmHelpers(),
        codedLater: true, // by the marker's ffmpeg
      }),
      ...remoteEngines(providersOf(env, config.providers), { transport }),
    ];
    const reading = {
      producer: { code: config.producer },
      trust: secrets.trustPem,
      timeStampTrust: secrets.timeStampTrustPem,
      watermarkKey: secrets.watermarkKey,
      labelTrust: [
        ...config.labelSigning.trust.map((key) => key.toLowerCase()),
        ...(secrets.labelKey === undefined ? [] : [hexOf(sm2PublicKey(secrets.labelKey))]),
      ],
    };
    const ffmpeg = ffmpegCoder();
    const marker = createMarker({
      ...reading,
      signer: secrets.signer,
      ...(secrets.labelKey && { labelKey: secrets.labelKey }),
      now: clock.now,
      video: ffmpeg,
      sound: ffmpeg,
      ...(config.timeStamps.url !== undefined && { timeStamper: timeStampAuthority({ url: config.timeStamps.url, fetch }) }),
    });
    const { examineMs, examineBytes } = config.limits;
    const limits = { processes: 2, waiting: 32, timeMs: examineMs, memory: examineBytes, idleMs: 60_000 };
    const examiner = new Examiner(reading, limits);
    return {
      config,
      engines,
      guard,
      marker,
      reader: readingApart(marker, examiner),
      ledger,
      jobs: await openJobs({ database, clock }),
      uploads: await openUploads({ database, blobs, clock, newId }),
      database,
      clock,
      newId,
      energy: energyHere(),
      sealText: (text) => sealText(text, secrets.sealKey),
      close: async () => {
        examiner.close();
        await ledger.close();
        await Promise.all(engines.map((e) => e.close?.()));
        await transport.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The engines that speak, draw and play for films: of their own, gone soon after, when the film itself takes its memory. */
function filmHelpers(): Pick<FilmOptions, "speech" | "picture" | "music"> {
  const of = (task: Task) => {
    const creator = creators.find((c) => c.tasks.includes(task));
    let engine: Engine | undefined;
    return () => (engine ??= creator && creatorEngine(creator, { idle: 100 }));
  };
  return { speech: espeakEngine({ idle: 500 }), picture: of("image"), music: of("music") };
}

/** `s3://…` with the usual AWS variables, or a folder in the home. Throws `bad-request` when the credentials are missing. */
function blobOptions({ blobsUrl, home }: Config, env: NodeJS.ProcessEnv): Parameters<typeof openBlobs>[0] {
  if (blobsUrl === undefined) return { folder: join(home, "blobs") };
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new InksealError("bad-request", "an S3 store needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  return { url: blobsUrl, credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } };
}
