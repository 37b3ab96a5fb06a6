import { badFile, fromLatin1, latin1 } from "@inkseal/codec";
import { headAt } from "../../formats/html-head.ts";
import type { Container } from "../container.ts";
import { base64, fromBase64 } from "./svg.ts";

/**
 * A script element of type `application/c2pa` in the head (C2PA 2.4, A.7). Bytes are handled as Latin-1. Runs of white space are bounded, so
 * that no text makes this slow.
 */
const element = /<script\s{1,9}type\s{0,9}=\s{0,9}["']?application\/c2pa["']?\s{0,9}>([A-Za-z0-9+/=\s]*)<\/script\s{0,9}>/gi;

export const withoutHtmlManifest = (html: string): string => html.replace(element, "");

export const htmlContainer: Container = {
  embed(file, store) {
    const html = withoutHtmlManifest(fromLatin1(file));
    const at = headAt(html);
    const script = `<script type="application/c2pa">${base64(store)}</script>`;
    return { file: latin1(html.slice(0, at) + script + html.slice(at)), place: { start: at, length: script.length } };
  },
  extract(file) {
    const [found, more] = fromLatin1(file).matchAll(element);
    if (found === undefined) return undefined;
    if (more !== undefined) throw badFile("HTML with more than one manifest");
    return { store: fromBase64(found[1] as string), place: { start: found.index, length: found[0].length } };
  },
};
