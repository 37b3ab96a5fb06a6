import { homedir } from "node:os";
import { join } from "node:path";
import { worldGramsPerKwh } from "@inkseal/core";
import { z } from "zod";

/** One OpenAI-compatible or other remote provider. */
export const ProviderConfig = z.object({
  /** Engine name: the first half of `engine/model`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  kind: z.enum(["openai", "anthropic", "gemini", "comfyui", "automatic1111"]).default("openai"),
  baseUrl: z.url().optional(),
  apiKey: z.string().optional(),
  place: z.enum(["local", "cloud"]).optional(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Milliseconds without a byte before the provider counts as stalled; 120,000. */
  idleMs: z.int().min(1).optional(),
});
export type ProviderConfig = z.infer<typeof ProviderConfig>;

/** The whole configuration: `inkseal.json` in the home folder, overridden by the environment. */
export const ConfigSchema = z.object({
  /** Data folder: database, blobs, identity, models. */
  home: z.string(),
  host: z.string().default("127.0.0.1"),
  port: z.int().min(0).max(65535).default(8787),
  databaseUrl: z.string().optional(),
  /** `s3://bucket/prefix?endpoint=…&region=…`; absent means a folder in `home`. */
  blobsUrl: z.string().optional(),
  providers: z.array(ProviderConfig).default([]),
  /** GB 45438 ContentProducer. */
  producer: z
    .string()
    .regex(/^[\x21-\x7e]+$/)
    .default("INKSEAL"),
  /** PEM files of a signing identity of one's own; without them one is made on first start. */
  signing: z
    .object({
      /** Certificates, leaf first: P-256 keys, for e-mail protection, document signing or C2PA. */
      chain: z.string(),
      /** PKCS #8. */
      key: z.string().optional(),
      /** Or a command that signs where the key is: program and arguments. It reads the 32 bytes of a SHA-256 digest and writes the signature. */
      command: z.array(z.string().min(1)).min(1).optional(),
      /** Roots that verification here trusts for it; without them its files are valid, but their signer is not trusted. */
      trust: z.string().optional(),
    })
    .refine(({ key, command }) => (key === undefined) !== (command === undefined), "needs a key or a command, one of them")
    .optional(),
  /** Signs the AIGC field of GB 45438 with SM2 (TC260-PG-202511A); none by default. */
  labelSigning: z
    .object({
      /** PEM file of the private key. */
      key: z.string().optional(),
      /** Public keys (04, x and y in hex) of other producers whose signatures count as theirs. */
      trust: z.array(z.string().regex(/^04[0-9a-f]{128}$/i, "not an SM2 public key in hex (04, x and y)")).default([]),
    })
    .prefault({}),
  /** An authority (RFC 3161) that puts a time to every C2PA signature; none by default. */
  timeStamps: z
    .object({
      /** `http:` or `https:`, without a password; may stand on this network. Without one, time-stamps are only read. */
      url: z.url({ protocol: /^https?$/ }).optional(),
      /** PEM file of the roots of authorities whose time-stamps count when files are verified. */
      trust: z.string().optional(),
    })
    .prefault({}),
  /** Origins (`https://app.example`) whose pages may call with a key from the browser; none by default. */
  allowedOrigins: z.array(z.string().regex(/^https?:\/\/[^/\s*]+$/, "not an origin such as https://app.example")).default([]),
  /** Grams of CO2-equivalent of a kilowatt-hour of this machine's grid; the world's mean. */
  gramsPerKwh: z.number().min(0).max(2_000).default(worldGramsPerKwh),
  /** What others may ask without being told of runs: nothing by default. */
  open: z
    .object({
      /** The C2PA soft-binding resolution API under `/c2pa`: for nobody, for keys with the scope `verify`, or for anybody. */
      resolution: z.enum(["off", "keys", "public"]).default("off"),
      /** A free detector for anybody at `POST /public/verify`. */
      detection: z.boolean().default(false),
      /** Requests a minute of one address. */
      perMinute: z.int().min(1).default(30),
      /** Largest file, in bytes. */
      bodyBytes: z
        .int()
        .min(1)
        .default(16 * 1024 * 1024),
    })
    .prefault({}),
  limits: z
    .object({
      bodyBytes: z.int().default(32 * 1024 * 1024),
      /** Milliseconds and bytes of memory that each look at a file that is verified may take. */
      examineMs: z.int().min(1).default(60_000),
      examineBytes: z
        .int()
        .min(1)
        .default(2 * 1024 * 1024 * 1024),
      /** Runs at once. */
      concurrency: z.int().default(1024),
      /** Milliseconds a run may take. */
      deadlineMs: z.int().default(10 * 60_000),
      /** Milliseconds that a stopping server waits for runs in flight. */
      drainMs: z.int().default(10_000),
    })
    .prefault({}),
});
export type Config = z.infer<typeof ConfigSchema>;

/** Default data folder: `$INKSEAL_HOME`, or `~/.inkseal`. */
export const homeFolder = (env: NodeJS.ProcessEnv): string => env.INKSEAL_HOME ?? join(homedir(), ".inkseal");
