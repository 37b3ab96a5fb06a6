import { randomBytes, verify, X509Certificate } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InksealError } from "@inkseal/core";
import { makeIdentity, type Signer, signerFrom, sm2KeyFromPem } from "@inkseal/mark";
import type { Config } from "./config.ts";
import { commandSigner } from "./signing-command.ts";

/** This house's secrets: who signs its pieces, and what encrypts kept words. Files 0600 in a folder 0700. */
export interface Secrets {
  readonly signer: Signer;
  /** Roots that verification trusts: this house's own, and those configured. */
  readonly trustPem: string;
  /** Roots of time-stamping authorities that verification trusts; empty where none are configured. */
  readonly timeStampTrustPem: string;
  /** 32 bytes. */
  readonly sealKey: Uint8Array;
  /** 32 bytes, of watermarks: whoever has them can find the marks and forge them. */
  readonly watermarkKey: Uint8Array;
  /** 32 bytes: the SM2 key that signs AIGC fields, where one is configured. */
  readonly labelKey?: Uint8Array;
}

/**
 * Reads the identity folder of `home`; makes what is missing. With `signing`, that identity signs: its files are read and never
 * written; what this house signed before stays trusted. Throws `bad-request` when a file is missing or chain and key do not belong together.
 */
export async function loadSecrets(
  home: string,
  now: () => number,
  { signing, timeStamps, labelSigning }: Partial<Pick<Config, "signing" | "timeStamps" | "labelSigning">> = {},
): Promise<Secrets> {
  const folder = join(home, "identity");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const read = (name: string): Promise<string | undefined> =>
    readFile(join(folder, name), "utf8").catch((error: { code?: string }) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, name), text, { mode: 0o600, flag: "wx" });
    await chmod(join(folder, name), 0o600);
  };

  let [chainPem, privateKeyPem, trustPem] = await Promise.all(["chain.pem", "key.pem", "root.pem"].map(read));
  const keyIn = async (name: string): Promise<Uint8Array> => {
    let key = await read(name);
    if (key === undefined) {
      key = randomBytes(32).toString("base64");
      await write(name, key);
    }
    return new Uint8Array(Buffer.from(key, "base64"));
  };
  if (signing === undefined && (chainPem === undefined || privateKeyPem === undefined || trustPem === undefined)) {
    const made = await makeIdentity({ commonName: "Inkseal", now: now() });
    ({ chainPem, rootPem: trustPem, privateKeyPkcs8Pem: privateKeyPem } = made);
    await write("key.pem", privateKeyPem);
    await write("root.pem", trustPem);
    await write("chain.pem", chainPem);
  }
  const own = signing && (await ownIdentity(signing));
  return {
    signer: own?.signer ?? (await signerFrom({ chainPem: chainPem ?? "", privateKeyPem: privateKeyPem ?? "" })),
    trustPem: [trustPem, own?.trustPem].filter((pem) => pem !== undefined).join("\n"),
    timeStampTrustPem: timeStamps?.trust === undefined ? "" : await configured(timeStamps.trust),
    sealKey: await keyIn("seal.key"),
    watermarkKey: await keyIn("watermark.key"),
    ...(labelSigning?.key !== undefined && { labelKey: sm2KeyFromPem(await configured(labelSigning.key)) }),
  };
}

const configured = (path: string): Promise<string> =>
  readFile(path, "utf8").catch((cause: unknown) => {
    throw new InksealError("bad-request", `the configured file ${path} cannot be read`, { cause });
  });

async function ownIdentity(signing: NonNullable<Config["signing"]>): Promise<{ signer: Signer; trustPem: string | undefined }> {
  const [chainPem, privateKeyPem, trustPem] = await Promise.all([
    configured(signing.chain),
    signing.key === undefined ? "" : configured(signing.key),
    signing.trust === undefined ? undefined : configured(signing.trust),
  ]);
  const signer = signing.command ? commandSigner(chainPem, signing.command) : await signerFrom({ chainPem, privateKeyPem });
  // a key that is not the certificate's would sign what nobody could verify
  const probe = new TextEncoder().encode("inkseal");
  const leaf = new X509Certificate(chainPem);
  const signature = await signer.sign(probe);
  if (!verify("sha256", probe, { key: leaf.publicKey, dsaEncoding: "ieee-p1363" }, signature))
    throw new InksealError("bad-request", "the signing key does not belong to the first certificate of the chain");
  return { signer, trustPem };
}
