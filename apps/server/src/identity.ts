import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeIdentity, type Signer, signerFrom } from "@inkseal/mark";

/** This house's secrets: who signs its pieces, and what encrypts kept words. Files 0600 in a folder 0700. */
export interface Secrets {
  readonly signer: Signer;
  /** Roots that verification trusts: this house's own. */
  readonly trustPem: string;
  /** 32 bytes. */
  readonly sealKey: Uint8Array;
}

/** Reads the identity folder of `home`; makes what is missing. */
export async function loadSecrets(home: string, now: () => number): Promise<Secrets> {
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

  let [chainPem, privateKeyPem, trustPem, sealKey] = await Promise.all(
    ["chain.pem", "key.pem", "root.pem", "seal.key"].map(read),
  );
  if (chainPem === undefined || privateKeyPem === undefined || trustPem === undefined) {
    const made = await makeIdentity({ commonName: "Inkseal", now: now() });
    ({ chainPem, rootPem: trustPem, privateKeyPkcs8Pem: privateKeyPem } = made);
    await write("key.pem", privateKeyPem);
    await write("root.pem", trustPem);
    await write("chain.pem", chainPem);
  }
  if (sealKey === undefined) {
    sealKey = randomBytes(32).toString("base64");
    await write("seal.key", sealKey);
  }
  return {
    signer: await signerFrom({ chainPem, privateKeyPem }),
    trustPem,
    sealKey: new Uint8Array(Buffer.from(sealKey, "base64")),
  };
}
