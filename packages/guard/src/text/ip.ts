import type { Match, TextDetector } from "../contract.ts";
import { codeAt, isAlpha, isDigit, isHex, isWord } from "./letters.ts";
import { anyDigit } from "./number.ts";

const DOT = 46;
const DASH = 45;
const COLON = 58;
/** Longest textual address (RFC 4291 §2.2 with an embedded IPv4), and what must be seen after it. */
const V6_MAX = 45;
const REACH = V6_MAX + 3;

const v4 = /(?<![0-9０-９A-Za-z_.．])(?:[0-9０-９]{1,3}[.．]){3}[0-9０-９]{1,3}(?![0-9０-９A-Za-z_]|[.．][0-9０-９])/g;
const v6 = /(?<![0-9A-Za-z_:.])[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]{2,43}/g;
/** Words after which four numbers are a version. */
const versionWord = /(?:\b(?:version|release|build|firmware|ver\.?|v\.?)|版本|固件)号? ?[:：=]? ?$|[A-Za-z_)]\/$/i;

/**
 * IP addresses, v4 and v6. Versions, loopback, netmasks and multicast are not personal and are left alone; an address
 * of four single digits (`1.2.3.4`) is as likely a section number and scores below the usual threshold.
 */
export const ip: TextDetector = {
  name: "ip",
  needs: anyDigit,
  scan(text) {
    const found: Match[] = [];
    if (/[.．]/.test(text)) for (const hit of text.matchAll(v4)) addV4(text, hit.index, hit.index + hit[0].length, found);
    if (text.includes(":")) for (const hit of text.matchAll(v6)) addV6(text, hit.index, hit[0], found);
    return found;
  },
  holdFrom(text) {
    const stop = Math.max(0, text.length - REACH);
    let i = text.length;
    while (i > stop && isAddress(codeAt(text, i - 1))) i--;
    for (; i < text.length; i++) {
      const c = codeAt(text, i);
      const before = codeAt(text, i - 1);
      // after a colon a v4 address may begin (`::ffff:203.0.113.9`), and a v6 address not
      if (isHex(c) && !isWord(before) && before !== DOT && (before !== COLON || isDigit(c))) return i;
    }
    return text.length;
  },
};

const isAddress = (c: number): boolean => isHex(c) || c === DOT || c === COLON || c === DASH;

function addV4(text: string, start: number, end: number, found: Match[]): void {
  if (isWord(codeAt(text, start - 1))) return;
  const octets: number[] = [];
  let part = "";
  for (let i = start; i <= end; i++) {
    const c = codeAt(text, i);
    if (i < end && c !== DOT) part += String.fromCharCode(c);
    else {
      if ((part.length > 1 && part[0] === "0") || Number(part) > 255) return;
      octets.push(Number(part));
      part = "";
    }
  }
  const first = octets[0] as number;
  if (first === 0 || first === 127 || first >= 224) return; // this host, loopback, multicast and up (RFC 6890)
  if (codeAt(text, end) === DASH && isAlpha(codeAt(text, end + 1))) return; // 1.2.3.4-beta
  if (versionWord.test(text.slice(Math.max(0, start - 16), start))) return;
  found.push({ hazard: "pii.ip", start, end, score: octets.every((o) => o < 10) ? 0.4 : 0.8, evidence: "IPv4 address" });
}

function addV6(text: string, start: number, run: string, found: Match[]): void {
  const after = codeAt(text, start + run.length);
  const before = codeAt(text, start - 1);
  if (isWord(before) || before === DOT || isWord(after) || after === COLON || (after === DOT && run.length >= V6_MAX)) return;
  const address = run.replace(/(?:\.|(?<!:):)+$/, "");
  if (!/\d/.test(address) || !isV6(address)) return;
  found.push({ hazard: "pii.ip", start, end: start + address.length, score: 0.85, evidence: "IPv6 address" });
}

/** RFC 4291 §2.2. Short forms that are more often something else (`a1::b2`, eight pairs as in EUI-64) are not taken. */
export function isV6(address: string): boolean {
  let text = address;
  const tail = /:((?:\d{1,3}\.){3}\d{1,3})$/.exec(text)?.[1];
  if (tail !== undefined) {
    if (tail.split(".").some((o) => Number(o) > 255)) return false;
    text = `${text.slice(0, -tail.length)}0:0`;
  }
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((h) => (h === "" ? [] : h.split(":")));
  const all = groups.flat();
  if (!all.every((g) => /^[0-9a-f]{1,4}$/i.test(g))) return false;
  if (halves.length === 1) return all.length === 8 && !all.every((g) => g.length === 2);
  return all.length < 8 && (all.length > 2 || (all[0] as string).length === 4);
}
