import { hexOf, latin1 } from "@inkseal/codec";
import type { AigcField } from "./field.ts";
import { sm2FromDer, sm2Points, sm2PublicKey, sm2Sign, sm2Verify } from "./sm2.ts";
import { sm3 } from "./sm3.ts";

/** SM3 with SM2 (GM/T 0006-2012). */
const algorithm = "1.2.156.10197.1.501";

/** What is signed of a field (TC260-PG-202511A, A.1): its first three members, as JSON without braces. */
const signed = (field: Partial<AigcField>): Uint8Array =>
  latin1((["Label", "ContentProducer", "ProduceID"] as const).map((k) => `"${k}":${JSON.stringify(field[k] ?? "")}`).join(","));

/**
 * A field with the producer's signature in ReservedCode1, in the form that the cyber security standard practice guide TC260-PG-202511A
 * (《网络安全标准实践指南》) gives. It binds label, producer and content number to a key, not to the content; that is what the C2PA manifest does.
 * `privateKey`: SM2, 32 bytes.
 */
export function withSecurityData(field: AigcField, privateKey: Uint8Array): AigcField {
  const common = { AlgID: algorithm, KeyID: 0 };
  const PubSD = [
    { Type: "DS", ...common, TBSData: { Type: "Md" }, Signature: hexOf(sm2Sign(signed(field), privateKey)).toUpperCase() },
    { Type: "PubKey", ...common, KeyValue: hexOf(sm2PublicKey(privateKey)).toUpperCase() },
  ];
  return { ...field, ReservedCode1: JSON.stringify({ SecurityData: { Type: "TC260PG", Version: 1, PubSD } }) };
}

export interface FieldSignature {
  /** `unsupported`: signed in a way that is not read here. */
  readonly status: "valid" | "invalid" | "unsupported";
  /** 04, x and y in hex, of the key that bears a valid signature out. It stands in the file: who it is, only a list of keys can say. */
  readonly key?: string;
}

/** As producers spell it. */
const ofLabel = /^(Md|LabelM[ae]taData)$/;
/** SubjectPublicKeyInfo of a key on this curve, up to the point. */
const spki = "3059301306072a8648ce3d020106082a811ccf5501822d034200";

/** The producer's signature of a field; undefined where ReservedCode1 holds none of this form. Reads what is found in the wild, too: DER, SPKI, bare x. */
export function readSecurityData(field: Partial<AigcField>): FieldSignature | undefined {
  const data = member(parsed(field.ReservedCode1), "SecurityData");
  if (member(data, "Type") !== "TC260PG") return undefined;
  const list = member(data, "PubSD") ?? member(data, "PubSd");
  const entries = (Array.isArray(list) ? list : []).slice(0, 16);
  const of = (type: string) => entries.filter((e) => member(e, "Type") === type);
  const signatures = of("DS").filter(
    (e) => member(e, "AlgID") === algorithm && ofLabel.test(String(member(member(e, "TBSData"), "Type"))),
  );
  if (signatures.length === 0) return { status: "unsupported" };
  const message = signed(field);
  const messages = [message, sm3(message)]; // StepFun signs the digest as if it were the message
  for (const one of signatures) {
    const signature = signatureOf(one);
    const keys = of("PubKey").filter((e) => String(member(e, "KeyID") ?? 0) === String(member(one, "KeyID") ?? 0));
    for (const point of keys.flatMap((e) => pointsOf(member(e, "KeyValue"))))
      if (signature !== undefined && messages.some((m) => sm2Verify(m, signature, point)))
        return { status: "valid", key: hexOf(point) };
  }
  return { status: "invalid" };
}

function signatureOf(entry: unknown): Uint8Array | undefined {
  const bytes = fromHex(member(entry, "Signature"));
  if (bytes === undefined || bytes.length === 64) return bytes;
  try {
    return sm2FromDer(bytes);
  } catch {
    return undefined;
  }
}

function pointsOf(value: unknown): readonly Uint8Array[] {
  const text = typeof value === "string" ? value.toLowerCase() : "";
  const bytes = fromHex(text.startsWith(spki) ? text.slice(spki.length) : text);
  // a bare x after a 00, as MiniMax writes it
  return bytes === undefined ? [] : sm2Points(bytes.length === 33 && bytes[0] === 0 ? bytes.subarray(1) : bytes);
}

function fromHex(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || !/^(?:[0-9a-f]{2}){1,200}$/i.test(value)) return undefined;
  return Uint8Array.from({ length: value.length / 2 }, (_, i) => Number.parseInt(value.slice(2 * i, 2 * i + 2), 16));
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
