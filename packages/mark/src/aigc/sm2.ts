import { concat, hexOf, insideDer, latin1, readDer } from "@inkseal/codec";
import { InksealError } from "@inkseal/core";
import { weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { fromPem } from "../pem.ts";
import { sm3 } from "./sm3.ts";

/** The curve of GB/T 32918.5-2017. */
const curve = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
};
const Point = weierstrass(curve);
const { n } = curve;

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((sum, b) => (sum << 8n) | BigInt(b), 0n);
const bytesOf = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * (31 - i))) & 0xffn));
const modulo = (value: bigint): bigint => ((value % n) + n) % n;

/** Who signs, where nobody says (GM/T 0009-2012, 10). */
const userId = latin1("1234567812345678");
const prefix = concat([Uint8Array.of(0, 8 * userId.length), userId, ...[curve.a, curve.b, curve.Gx, curve.Gy].map(bytesOf)]);

/** The number that is signed: SM3 over who signs (Z, 5.5) and the message. */
const digestOf = (message: Uint8Array, publicKey: Uint8Array): bigint =>
  numberOf(sm3(concat([sm3(concat([prefix, publicKey.subarray(1)])), message])));

/** 04, x and y: 65 bytes. Throws RangeError for what is no private key. */
export function sm2PublicKey(privateKey: Uint8Array): Uint8Array {
  const d = numberOf(privateKey);
  // the signature divides by d + 1
  if (privateKey.length !== 32 || d < 1n || d >= n - 1n)
    throw new RangeError("an SM2 private key is 32 bytes, from 1 to n − 2");
  return Point.BASE.multiply(d).toBytes(false);
}

/** A point in one of the ways that keys are written: 65, 64 or 33 bytes, or a bare x (32), of which both points are meant. */
export function sm2Points(key: Uint8Array): readonly Uint8Array[] {
  const forms =
    key.length === 32
      ? [2, 3].map((sign) => concat([Uint8Array.of(sign), key]))
      : [key.length === 64 ? concat([Uint8Array.of(4), key]) : key];
  return forms.flatMap((form) => {
    try {
      return [Point.fromBytes(form).toBytes(false)];
    } catch {
      return [];
    }
  });
}

/** r and s of GB/T 32918.2-2016, 6.1: 64 bytes. `random`: 48 bytes that nobody can foresee; the key could be computed from them. */
export function sm2Sign(
  message: Uint8Array,
  privateKey: Uint8Array,
  random: () => Uint8Array = () => crypto.getRandomValues(new Uint8Array(48)),
): Uint8Array {
  const d = numberOf(privateKey);
  const e = digestOf(message, sm2PublicKey(privateKey));
  for (;;) {
    const k = 1n + (numberOf(random()) % (n - 1n));
    const r = modulo(e + Point.BASE.multiply(k).toAffine().x);
    const s = modulo(inverse(1n + d) * (k - r * d));
    if (r !== 0n && r + k !== n && s !== 0n) return concat([bytesOf(r), bytesOf(s)]);
  }
}

/** `signature`: 64 bytes; `publicKey`: 04, x and y (GB/T 32918.2-2016, 7.1). */
export function sm2Verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const [r, s] = [numberOf(signature.subarray(0, 32)), numberOf(signature.subarray(32))];
  const t = modulo(r + s);
  if (signature.length !== 64 || r < 1n || r >= n || s < 1n || s >= n || t === 0n) return false;
  const point = Point.BASE.multiplyUnsafe(s).add(Point.fromBytes(publicKey).multiplyUnsafe(t));
  return !point.is0() && modulo(digestOf(message, publicKey) + point.toAffine().x) === r;
}

/** 1 ÷ value modulo n, by Fermat: n is a prime. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, modulo(value)];
  for (let power = n - 2n; power > 0n; power >>= 1n) {
    if (power & 1n) result = (result * base) % n;
    base = (base * base) % n;
  }
  return result;
}

/** r and s of a signature as X.509 writes them (SEQUENCE of two INTEGERs). Throws `bad-file`. */
export function sm2FromDer(bytes: Uint8Array): Uint8Array {
  const parts = insideDer(readDer(bytes)[0], 0x30).map(({ content }) => numberOf(content));
  return concat(parts.slice(0, 2).map((v) => bytesOf(v)));
}

/**
 * The private key in a PEM text, 32 bytes: PKCS #8 (`PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`), as `openssl genpkey -algorithm SM2` and `openssl
 * ecparam -name SM2 -genkey` write it. Throws `bad-request` for anything else, a key on another curve included.
 */
export function sm2KeyFromPem(pem: string): Uint8Array {
  const refused = new InksealError(
    "bad-request",
    "the label key is no SM2 private key in PEM (openssl genpkey -algorithm SM2)",
  );
  try {
    const [whole] = fromPem(pem, "PRIVATE KEY");
    const [bare] = fromPem(pem, "EC PRIVATE KEY");
    const sec1 = whole === undefined ? bare : insideDer(readDer(whole)[0], 0x30)[2]?.content;
    const named = hexOf(whole ?? bare ?? new Uint8Array()).includes("06082a811ccf5501822d");
    const key = sec1 && insideDer(readDer(sec1)[0], 0x30)[1]?.content;
    if (key === undefined || !named) throw refused;
    sm2PublicKey(key);
    return key;
  } catch {
    throw refused;
  }
}
