import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { type Config, ConfigSchema, homeFolder } from "./config.ts";

/** What the command line may override. */
export type Overrides = Partial<Pick<Config, "home" | "host" | "port" | "databaseUrl" | "blobsUrl">>;

/**
 * `inkseal.json` in the home folder, then the environment, then `overrides`. Providers' keys come from the
 * environment variables their presets name (`OPENAI_API_KEY` …) or from `apiKey: "$NAME"` in the file.
 * Throws `bad-request` naming the field at fault.
 */
export async function loadConfig(env: NodeJS.ProcessEnv, overrides: Overrides = {}): Promise<Config> {
  const home = overrides.home ?? homeFolder(env);
  const file = await readConfigFile(join(home, "inkseal.json"));
  const parsed = ConfigSchema.safeParse({
    ...file,
    ...defined({
      host: env.INKSEAL_HOST,
      port: env.INKSEAL_PORT === undefined ? undefined : Number(env.INKSEAL_PORT),
      databaseUrl: env.INKSEAL_DATABASE_URL,
      blobsUrl: env.INKSEAL_BLOBS_URL,
      producer: env.INKSEAL_PRODUCER,
      signing:
        env.INKSEAL_SIGNING_CHAIN === undefined &&
        env.INKSEAL_SIGNING_KEY === undefined &&
        env.INKSEAL_SIGNING_COMMAND === undefined
          ? undefined
          : {
              chain: env.INKSEAL_SIGNING_CHAIN,
              key: env.INKSEAL_SIGNING_KEY,
              command: env.INKSEAL_SIGNING_COMMAND?.split(/\s+/).filter(Boolean),
              trust: env.INKSEAL_SIGNING_TRUST,
            },
      labelSigning:
        env.INKSEAL_LABEL_KEY === undefined && env.INKSEAL_LABEL_TRUST === undefined
          ? undefined
          : { key: env.INKSEAL_LABEL_KEY, trust: env.INKSEAL_LABEL_TRUST?.split(/[\s,]+/).filter(Boolean) },
      timeStamps:
        env.INKSEAL_TSA_URL === undefined && env.INKSEAL_TSA_TRUST === undefined
          ? undefined
          : { url: env.INKSEAL_TSA_URL, trust: env.INKSEAL_TSA_TRUST },
      gramsPerKwh: env.INKSEAL_GRAMS_PER_KWH === undefined ? undefined : Number(env.INKSEAL_GRAMS_PER_KWH),
      open:
        env.INKSEAL_RESOLUTION === undefined && env.INKSEAL_PUBLIC_DETECTION === undefined
          ? undefined
          : {
              ...(file.open as object | undefined),
              ...defined({
                resolution: env.INKSEAL_RESOLUTION,
                detection: env.INKSEAL_PUBLIC_DETECTION === undefined ? undefined : env.INKSEAL_PUBLIC_DETECTION === "1",
              }),
            },
      allowedOrigins: env.INKSEAL_ALLOWED_ORIGINS?.split(/[\s,]+/).filter(Boolean),
    }),
    ...defined(overrides),
    home,
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InksealError("bad-request", `configuration: ${issue?.path.join(".")}: ${issue?.message}`, {
      param: issue?.path.join("."),
    });
  }
  const providers = parsed.data.providers.map((p) => ({
    ...p,
    apiKey: p.apiKey?.startsWith("$") ? env[p.apiKey.slice(1)] : p.apiKey,
  }));
  return { ...parsed.data, providers };
}

async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return {};
    throw new InksealError("bad-request", `cannot read ${path}`, { cause });
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new InksealError("bad-json", `${path} is not valid JSON`, { cause });
  }
}

const defined = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)) as Partial<T>;
