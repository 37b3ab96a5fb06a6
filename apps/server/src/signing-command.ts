import { spawn } from "node:child_process";
import { InksealError } from "@inkseal/core";
import { remoteSigner, type Signer } from "@inkseal/mark";

/** Milliseconds until a command that does not answer is ended. */
const patience = 30_000;

/**
 * A signer that asks a command: the 32 bytes of a SHA-256 digest go to its standard input, an ECDSA signature comes back from its output, as
 * bytes (DER, r‖s) or in base64. This is what the command lines of key services speak, so that none of their SDKs is needed. No shell is involved.
 */
export const commandSigner = (chainPem: string, command: readonly string[]): Signer =>
  remoteSigner({ chainPem, signDigest: async (digest) => fromText(await answerOf(command, digest)) });

/** Base64 where it reads as such: DER begins with 0x30, which is a letter of base64 too, and goes on with bytes that are not. */
function fromText(answer: Uint8Array): Uint8Array {
  const text = Buffer.from(answer).toString("latin1").trim();
  return text.length >= 86 && /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : answer;
}

function answerOf([program, ...args]: readonly string[], digest: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void =>
      reject(new InksealError("upstream-error", `the signing command ${why}`, { cause }));
    const child = spawn(program ?? "", args, { stdio: "pipe", timeout: patience, killSignal: "SIGKILL" });
    const out: Uint8Array[] = [];
    let said = "";
    child.stdout.on("data", (part: Uint8Array) => out.push(part));
    child.stderr.on("data", (part) => (said = (said + part).slice(-500)));
    child.stdin.on("error", () => undefined); // how it ended says more
    child.on("error", (cause) => fail(`cannot be started: ${cause.message}`, cause));
    child.on("close", (code, signal) => {
      if (code !== 0) fail(`ended with ${signal ?? code}: ${said.trim().split("\n").at(-1) ?? ""}`);
      else resolve(new Uint8Array(Buffer.concat(out)));
    });
    child.stdin.end(digest);
  });
}
