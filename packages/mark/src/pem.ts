import { InksealError } from "@inkseal/core";

/** The DER bytes of every PEM block (RFC 7468) with this label, in order. Throws `bad-file` for bad base 64. */
export function fromPem(text: string, label: string): Uint8Array[] {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, "g"));
  return [...blocks].map(([, body]) => {
    try {
      return Uint8Array.from(atob((body as string).replace(/\s/g, "")), (c) => c.charCodeAt(0));
    } catch (cause) {
      throw new InksealError("bad-file", `a PEM block "${label}" is not base 64`, { cause });
    }
  });
}

export function toPem(der: Uint8Array, label: string): string {
  const body = btoa(String.fromCharCode(...der)).replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}
