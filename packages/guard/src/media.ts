import { type MediaPart, sniff } from "@inkseal/core";
import type { MediaDetector } from "./contract.ts";
import type { Judge } from "./judge.ts";
import { maskJsonText, maskWhole } from "./mask.ts";
import type { Scanner } from "./scanner.ts";

/** Checks a medium and gives it back, its text masked; refusals go to the judge. */
export type MediaCheck = (part: MediaPart, judge: Judge, signal?: AbortSignal) => Promise<MediaPart>;

/** Names that people use for the types that `sniff` knows. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  "image/jpg": ["image/jpeg"],
  "image/heif": ["image/heic"],
  "audio/x-wav": ["audio/wav"],
  "audio/wave": ["audio/wav"],
  "audio/vnd.wave": ["audio/wav"],
  "audio/mp3": ["audio/mpeg"],
  "audio/mp4": ["audio/mp4", "video/mp4"],
  "audio/m4a": ["audio/mp4", "video/mp4"],
  "audio/x-m4a": ["audio/mp4", "video/mp4"],
  "audio/opus": ["audio/ogg"],
  "audio/x-flac": ["audio/flac"],
  "audio/webm": ["video/webm"],
  "video/ogg": ["audio/ogg"],
  "video/x-m4v": ["video/mp4"],
  "video/x-matroska": ["video/webm"],
  "audio/mid": ["audio/midi"],
  "audio/x-midi": ["audio/midi"],
  // headerless samples: nothing to recognise, and nothing else may hide there that is recognised
  "audio/pcm": ["application/octet-stream", "text/plain"],
  "audio/l16": ["application/octet-stream", "text/plain"],
  "audio/basic": ["application/octet-stream", "text/plain"],
};
const known =
  /^(?:image|audio|video|text|chemical)\/[a-z0-9.+-]+$|^application\/(?:pdf|json|x-ndjson|[a-z0-9.-]+\+json|vnd\.openxmlformats-officedocument\.[a-z.]+|vnd\.recordare\.musicxml\+xml)$/;

const bare = (mediaType: string): string => (mediaType.split(";")[0] as string).trim().toLowerCase();
const isJson = (type: string): boolean =>
  type.startsWith("application/") && type.endsWith("json") && type !== "application/x-ndjson";
const svg = "image/svg+xml";
/** Drawings and scores: their words stand between tags. */
const isXml = (type: string): boolean => type === svg || type === "application/vnd.recordare.musicxml+xml";
/** The chemical types are all words: SMILES, and tables of atoms. */
const isText = (type: string): boolean => /^(?:text|chemical)\//.test(type) || type.endsWith("json") || isXml(type);

/** Looks whether bytes are what their declared type says; a mismatch is `security.media-mismatch`. */
export const mediaType: MediaDetector = {
  name: "media-type",
  accepts: (declared) => known.test(bare(declared)),
  async scan({ mediaType: declared, bytes }) {
    const type = bare(declared);
    const found = sniff(bytes);
    const text = isText(type);
    const fits = text
      ? bytes.length === 0 || found.startsWith("text/") || found === type || found === svg
      : (aliases[type] ?? [type]).includes(found);
    if (fits) return [];
    return [
      {
        hazard: "security.media-mismatch",
        start: 0,
        end: bytes.length,
        score: 1,
        evidence: `declared ${type}, but the bytes are ${found}`,
      },
    ];
  },
};

/** Runs every media detector that accepts the type, and the text detectors over text. */
export function mediaCheck(detectors: readonly MediaDetector[], scanner: Scanner, timeoutMs: number): MediaCheck {
  return async (part, judge, signal) => {
    signal?.throwIfAborted();
    const accepting = detectors.filter((d) => accepts(d, part.mediaType, judge));
    if (accepting.length === 0) judge.fault(`no check knows the media type ${bare(part.mediaType)}`);
    await Promise.all(accepting.map((detector) => runOne(detector, part, judge, timeoutMs, signal)));
    const type = bare(part.mediaType);
    return isText(type) ? maskBytes(part, type, scanner, judge) : part;
  };
}

function accepts(detector: MediaDetector, type: string, judge: Judge): boolean {
  try {
    return detector.accepts(type);
  } catch {
    judge.failed(detector.name);
    return false;
  }
}

async function runOne(
  detector: MediaDetector,
  part: MediaPart,
  judge: Judge,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      late.abort();
      resolve(undefined);
    }, timeoutMs);
  });
  try {
    const both = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    const matches = await Promise.race([detector.scan(part, both), timeout]);
    if (matches === undefined) judge.fault(`the detector ${detector.name} took more than ${timeoutMs} ms`);
    else for (const match of matches) judge.judge({ ...match, detector: detector.name }, "media");
  } catch {
    signal?.throwIfAborted();
    judge.failed(detector.name);
  } finally {
    clearTimeout(timer);
  }
}

function maskBytes(part: MediaPart, type: string, scanner: Scanner, judge: Judge): MediaPart {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part.bytes);
  } catch {
    judge.fault(`text of type ${type} is not UTF-8`);
    return part;
  }
  const masked = isJson(type)
    ? maskJsonText(text, scanner, judge)
    : isXml(type)
      ? text.replace(/>[^<>]+</g, (words) => maskWhole(words, scanner, judge)) // the rest is drawn with numbers
      : maskWhole(text, scanner, judge);
  return masked === text ? part : { ...part, bytes: new TextEncoder().encode(masked) };
}
