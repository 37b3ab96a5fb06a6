import { type Chunk, InksealError, type MediaPart, type Plan, sniff } from "@inkseal/core";
import { FormData } from "undici";
import { parseJson, usageOf, type WireUsage } from "./chat-wire.ts";
import { base64Format, defined, wireParams } from "./openai-body.ts";
import type { Body, Remote } from "./openai-remote.ts";

type Batch = readonly Chunk[];

/** `images/generations` and `images/edits`: one chunk a picture, as bytes. */
export async function* pictures(
  remote: Remote,
  path: string,
  body: Body | FormData,
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const { json } = await remote.json(path, body, signal);
  const { data, usage } = (json ?? {}) as { data?: readonly { b64_json?: string; url?: string }[]; usage?: WireUsage };
  if (!Array.isArray(data) || data.length === 0)
    throw new InksealError("upstream-invalid", `${remote.name} answered no pictures`);
  const chunks: Chunk[] = [];
  for (const [index, picture] of (data as readonly { b64_json?: string; url?: string }[]).entries()) {
    const bytes = await bytesOf(remote, picture, signal);
    const mediaType = sniff(bytes);
    if (!mediaType.startsWith("image/"))
      throw new InksealError("upstream-invalid", `${remote.name} answered ${mediaType} for a picture`);
    chunks.push({
      index,
      media: { mediaType, bytes, last: true },
      finish: "stop",
      ...(index === 0 && { usage: { ...(usage && usageOf(usage)), images: data.length } }),
    });
  }
  yield chunks;
}

async function bytesOf(
  remote: Remote,
  { b64_json, url }: { b64_json?: string; url?: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (b64_json) return new Uint8Array(Buffer.from(b64_json, "base64"));
  if (url?.startsWith("data:")) return new Uint8Array(Buffer.from(url.slice(url.indexOf(",") + 1), "base64"));
  if (url) return await remote.file(url, signal);
  throw new InksealError("upstream-invalid", `${remote.name} answered neither bytes nor an address for a picture`);
}

/** `audio/speech`: sound passes piece by piece; its type is the provider's word, else by its first bytes. */
export async function* sound(remote: Remote, body: Body, signal: AbortSignal): AsyncGenerator<Batch> {
  const answer = await remote.call("POST", "/audio/speech", body, signal);
  const told = String(answer.headers["content-type"] ?? "").split(";")[0] as string;
  let mediaType: string | undefined;
  for await (const bytes of answer.body) {
    if (mediaType === undefined) {
      mediaType = told.startsWith("audio/") ? (audioNames[told] ?? told) : sniff(bytes);
      if (/^text\/|^application\/json/.test(mediaType))
        throw new InksealError("upstream-invalid", `${remote.name} answered ${mediaType} for sound`);
    }
    const media: MediaPart = { mediaType, bytes, last: false };
    yield [{ index: 0, media }];
  }
  if (mediaType === undefined) throw new InksealError("upstream-invalid", `${remote.name} answered no sound`);
  yield [{ index: 0, media: { mediaType, bytes: new Uint8Array(0), last: true }, finish: "stop" }];
}

const audioNames: Readonly<Record<string, string>> = {
  "audio/x-wav": "audio/wav",
  "audio/wave": "audio/wav",
  "audio/mp3": "audio/mpeg",
  "audio/opus": "audio/ogg",
  "audio/x-flac": "audio/flac",
};

/** `audio/transcriptions`: the words, and the provider's own JSON where it gives one. */
export async function* transcription(remote: Remote, form: FormData, signal: AbortSignal): AsyncGenerator<Batch> {
  const text = await (await remote.call("POST", "/audio/transcriptions", form, signal)).text();
  const format = form.get("response_format") ?? "json";
  if (format === "text" || format === "srt" || format === "vtt") {
    yield [{ index: 0, text, finish: "stop" }];
    return;
  }
  const json = parseJson(text) as { text?: string; duration?: number; usage?: WireUsage & { seconds?: number } } | null;
  if (typeof json?.text !== "string")
    throw new InksealError("upstream-invalid", `${remote.name} answered a transcription without text`);
  const seconds = json.duration ?? json.usage?.seconds;
  yield [{ index: 0, text: json.text, json, finish: "stop", usage: { ...(json.usage && usageOf(json.usage)), seconds } }];
}

export function imageForm({ brief, model }: Plan): FormData {
  const c = brief.controls;
  const own = wireParams(brief, "openai.image-edits") ?? defined({ n: c.n, size: c.size, quality: c.quality });
  const many = brief.files.filter((f) => f.role !== "mask").length > 1;
  const fields = { ...own, model, prompt: brief.text ?? "", response_format: base64Format(model), stream: undefined };
  return formOf(fields, brief, (role) => (role === "mask" ? "mask" : many ? "image[]" : "image"));
}

export function transcriptionForm({ brief, model }: Plan): FormData {
  const c = brief.controls;
  const own = wireParams(brief, "openai.transcriptions") ?? defined({ language: c.language, temperature: c.temperature });
  return formOf({ ...own, model, prompt: brief.text, stream: undefined }, brief, () => "file");
}

function formOf(fields: Body, brief: Plan["brief"], fieldOf: (role: string) => string): FormData {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    for (const v of Array.isArray(value) ? value : [value])
      form.append(Array.isArray(value) ? `${key}[]` : key, typeof v === "object" ? JSON.stringify(v) : String(v));
  }
  for (const file of brief.files)
    form.append(fieldOf(file.role ?? "image"), new Blob([Uint8Array.from(file.bytes)], { type: file.mediaType }), file.name);
  return form;
}
