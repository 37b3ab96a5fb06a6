import { Judge } from "./judge.ts";
import { maskJsonText, maskWhole } from "./mask.ts";
import type { Scanner } from "./scanner.ts";

/** Members that name or encode things: while they look like it, they are no prose, and masking them breaks the call. */
const opaque = new Set(
  (
    "role type id object call_id tool_call_id item_id previous_response_id response_id conversation file_id " +
    "encoding_format service_tier voice size quality detail mime_type media_type format " +
    "encrypted_content signature thought_signature system_fingerprint b64_json finish_reason status"
  ).split(" "),
);
const token = /^[\w.:/+=-]*$/;
/** Addresses: of these only what follows the `?` is prose enough to hold personal data. */
const addresses = new Set(["url", "image_url", "file_url", "video_url", "audio_url", "server_url"]);
/** Numbers that mean a number. */
const numeric = new Set([
  "seed",
  "created",
  "created_at",
  "expires_at",
  "completed_at",
  "max_tokens",
  "index",
  "sequence_number",
]);

/** Masks the strings of JSON-like data; whatever holds nothing to mask comes back as the same object. */
export class Walker {
  readonly #scanner: Scanner;
  readonly #judge: Judge;
  /** What became of strings with findings. The same words twice, in a brief and its parameters, are one finding. */
  readonly #known = new Map<string, string>();
  readonly #knownJson = new Map<string, string>();

  constructor(scanner: Scanner, judge: Judge) {
    this.#scanner = scanner;
    this.#judge = judge;
  }

  /** Strings whose findings somebody else reports: they are masked like any other, and their findings dropped. */
  reportedElsewhere(text: string | undefined, json = false): void {
    if (text === undefined || !this.#scanner.stirs(text)) return;
    const silent = new Judge(this.#judge.policy, this.#judge.stage);
    const [known, mask] = json ? [this.#knownJson, maskJsonText] : [this.#known, maskWhole];
    known.set(text, mask(text, this.#scanner, silent));
  }

  value<T>(value: T, key = ""): T {
    if (typeof value === "string") return this.#string(value, key) as T;
    if (typeof value === "number") return this.#number(value, key) as T;
    if (Array.isArray(value)) return this.#array(value, key) as T;
    if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) return this.#object(value);
    return value;
  }

  #string(text: string, key: string): string {
    if (key === "model" || (opaque.has(key) && token.test(text))) return text;
    if (isEncoded(text)) return text;
    if (key === "arguments") return this.#once(text, this.#knownJson, maskJsonText);
    if (addresses.has(key) && /^https?:\/\//i.test(text)) {
      const query = text.indexOf("?");
      return query < 0 ? text : text.slice(0, query) + this.#once(text.slice(query), this.#known, maskWhole);
    }
    return this.#once(text, this.#known, maskWhole);
  }

  #once(text: string, known: Map<string, string>, mask: typeof maskWhole): string {
    const before = known.size === 0 ? undefined : known.get(text);
    if (before !== undefined) return before;
    const found = this.#judge.found;
    const masked = mask(text, this.#scanner, this.#judge);
    if (this.#judge.found !== found) known.set(text, masked);
    return masked;
  }

  /** A number in data can be somebody's telephone; it becomes the placeholder, a string. */
  #number(value: number, key: string): number | string {
    if (value < 1e8 || !Number.isSafeInteger(value) || numeric.has(key)) return value;
    const text = String(value);
    const masked = this.#once(text, this.#known, maskWhole);
    return masked === text ? value : masked;
  }

  #array(list: readonly unknown[], key: string): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let i = 0; i < list.length; i++) {
      const next = this.value(list[i], key);
      if (next !== list[i]) (copy ??= [...list])[i] = next;
    }
    return copy ?? list;
  }

  #object<T extends object>(from: T): T {
    let copy: [string, unknown][] | undefined;
    const members = from as Readonly<Record<string, unknown>>;
    const keys = Object.keys(members);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const name = key.length < 6 ? key : this.#once(key, this.#known, maskWhole);
      const next = this.value(members[key], key);
      if (copy === undefined && (name !== key || next !== members[key])) copy = keys.slice(0, i).map((k) => [k, members[k]]);
      copy?.push([name, next]);
    }
    return copy === undefined ? from : (Object.fromEntries(copy) as T);
  }
}

/** Base64 data: a data URL, or one long run of its alphabet. Looks at the first 512 characters. */
function isEncoded(text: string): boolean {
  if (text.startsWith("data:")) return /^data:[^,]{0,100};base64,/i.test(text);
  return text.length >= 512 && /^[A-Za-z0-9+/_-]{512}/.test(text);
}
