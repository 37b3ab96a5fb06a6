import { execFileSync } from "node:child_process";
import { createHash, verify, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeIdentity } from "@inkseal/mark";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadSecrets } from "./identity.ts";

const now = () => Date.parse("2026-11-25T12:00:00Z");
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "inkseal-identity-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function bring() {
  const made = await makeIdentity({ commonName: "brought", now: now() });
  const paths = { chain: join(home, "c.pem"), key: join(home, "k.pem"), trust: join(home, "r.pem") };
  await writeFile(paths.chain, made.chainPem);
  await writeFile(paths.key, made.privateKeyPkcs8Pem);
  await writeFile(paths.trust, made.rootPem);
  return { made, paths };
}

test("the first start makes an identity, the second finds it", async () => {
  const first = await loadSecrets(home, now);
  expect((await readdir(join(home, "identity"))).sort()).toEqual([
    "chain.pem",
    "key.pem",
    "root.pem",
    "seal.key",
    "watermark.key",
  ]);
  const second = await loadSecrets(home, now);
  expect([second.signer.certificates, second.trustPem, second.sealKey]).toEqual([
    first.signer.certificates,
    first.trustPem,
    first.sealKey,
  ]);
});

test("a certificate that was brought signs, and what the house signed before stays trusted", async () => {
  const before = await loadSecrets(home, now);
  const { made, paths } = await bring();
  const secrets = await loadSecrets(home, now, { signing: paths });
  expect(secrets.signer.certificates).toBe(made.chainPem);
  expect(secrets.trustPem).toContain(made.rootPem.trim());
  expect(secrets.trustPem).toContain(before.trustPem.trim());
});

test("with one brought on the first start, none is made; a missing file or another's key is refused", async () => {
  const { made, paths } = await bring();
  expect((await loadSecrets(home, now, { signing: { chain: paths.chain, key: paths.key } })).signer.certificates).toBe(
    made.chainPem,
  );
  expect(await readdir(join(home, "identity"))).toEqual(["seal.key", "watermark.key"]);
  await expect(loadSecrets(home, now, { signing: { ...paths, chain: join(home, "none.pem") } })).rejects.toMatchObject({
    code: "bad-request",
  });
  await writeFile(paths.key, (await makeIdentity({ commonName: "other", now: now() })).privateKeyPkcs8Pem);
  await expect(loadSecrets(home, now, { signing: paths })).rejects.toMatchObject({ code: "bad-request" });
});

/** Speaks as a key service's command line does, to a key service that is a server on this machine. */
async function keyService(keyFile: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const parts: Uint8Array[] = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const digest = Buffer.concat(parts);
      asked.push(digest.toString("hex"));
      // what signs a digest as it is: the key's own operation, without hashing once more
      const path = join(home, "digest");
      writeFileSync(path, digest);
      const der = execFileSync("openssl", ["pkeyutl", "-sign", "-inkey", keyFile, "-in", path]);
      response.end(der.toString("base64"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const script = join(home, "sign.mjs");
  await writeFile(
    script,
    `import { request } from "node:http";
const ask = request({ port: ${port}, host: "127.0.0.1", method: "POST" }, (r) => r.pipe(process.stdout));
process.stdin.pipe(ask);`,
  );
  return { asked, command: [process.execPath, script], close: () => server.close() };
}

test("a key that stays in a key service signs by a command; another's key, a command that fails or talks nonsense are refused", async () => {
  const { made, paths } = await bring();
  const service = await keyService(paths.key);
  try {
    const signing = { chain: paths.chain, command: service.command, trust: paths.trust };
    const { signer } = await loadSecrets(home, now, { signing });
    expect(service.asked).toHaveLength(1); // asked once on start, whether key and certificate belong together
    const message = new TextEncoder().encode("a piece");
    const signature = await signer.sign(message);
    expect(signature).toHaveLength(64);
    const { publicKey } = new X509Certificate(made.chainPem);
    expect(verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature)).toBe(true);
    expect(service.asked[1]).toBe(createHash("sha256").update(message).digest("hex"));
    const other = await makeIdentity({ commonName: "other", now: now() });
    await writeFile(paths.chain, other.chainPem);
    await expect(loadSecrets(home, now, { signing })).rejects.toMatchObject({ code: "bad-request" });
  } finally {
    service.close();
  }
  const failing = { chain: paths.chain, command: [process.execPath, "-e", "console.error('no such key'); process.exit(3)"] };
  await expect(loadSecrets(home, now, { signing: failing })).rejects.toMatchObject({
    code: "upstream-error",
    message: "the signing command ended with 3: no such key",
  });
  const mute = { chain: paths.chain, command: [process.execPath, "-e", "console.log('hello')"] };
  await expect(loadSecrets(home, now, { signing: mute })).rejects.toMatchObject({ code: "upstream-invalid" });
  const absent = { chain: paths.chain, command: ["no-such-signer"] };
  await expect(loadSecrets(home, now, { signing: absent })).rejects.toMatchObject({ code: "upstream-error" });
});

test("roots of time-stamping authorities come from the file that is named", async () => {
  const { made, paths } = await bring();
  expect((await loadSecrets(home, now)).timeStampTrustPem).toBe("");
  expect((await loadSecrets(home, now, { timeStamps: { trust: paths.trust } })).timeStampTrustPem).toContain(
    made.rootPem.trim(),
  );
  const none = { timeStamps: { trust: join(home, "none.pem") } };
  await expect(loadSecrets(home, now, none)).rejects.toMatchObject({ code: "bad-request" });
});
