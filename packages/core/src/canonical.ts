/** Quoted member names: they repeat from row to row. Bounded, because callers' own names come here too. */
const quoted = new Map<string, string>();

function quotedName(name: string): string {
  let text = quoted.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (quoted.size < 1024 && name.length < 64) quoted.set(name, text);
  }
  return text;
}

/**
 * Canonical JSON (RFC 8785, JCS): members sorted by UTF-16 code units, no white space, ES number form.
 * `undefined` members are left out; byte arrays are not JSON and throw TypeError, as do NaN and infinities.
 *
 * Written out by hand: sorting into a new object for `JSON.stringify` would put names like `"10"` before others.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError("canonicalJson: number is not finite");
    return JSON.stringify(value);
  }
  if (typeof value !== "object" || ArrayBuffer.isView(value)) throw new TypeError(`canonicalJson: ${typeof value} is not JSON`);
  let out = "";
  if (Array.isArray(value)) {
    for (const item of value) out += out === "" ? canonicalJson(item ?? null) : `,${canonicalJson(item ?? null)}`;
    return `[${out}]`;
  }
  const names = Object.keys(value);
  for (let i = 1; i < names.length; i++) {
    if ((names[i - 1] as string) <= (names[i] as string)) continue;
    names.sort();
    break;
  }
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) out += `${out === "" ? "" : ","}${quotedName(name)}:${canonicalJson(member)}`;
  }
  return `{${out}}`;
}
