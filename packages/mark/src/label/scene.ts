import { escapeXml } from "@inkseal/codec";
import type { Locale } from "@inkseal/core";
import { cornerTexts, toneOn } from "./corner.ts";
import { type Form, textLabels } from "./text.ts";

/**
 * The label of GB 45438-2025 on scenes and interfaces: a page that is used, not only read, shows a start page when it opens, and a corner mark that
 * stays. Both are plain HTML and CSS, without a script: the start page is a disclosure that is open (HTML, 4.11.1) and is gone once it was closed,
 * by pointer or keyboard; unlike a form it closes in sandboxes, too. They stand in a shadow tree at the end of the body: the page's scripts count and
 * find the elements that they know, and its style sheets do not reach in. Where a content security policy forbids styles, words and mark stand
 * behind the content.
 */
export const sceneTag = "ai-label";

const buttons: Readonly<Record<Locale, string>> = { "zh-CN": "知道了", en: "OK" };

const controls = /<(?:canvas|form|input|select|textarea|button)\b|<\w[^<>]{0,2000}\son\w{2,20}\s{0,9}=/i;
/** Of scripts only those that run (HTML, 4.12.1): data blocks, such as a manifest, do nothing. */
const scripts = /<script\b([^<>]{0,2000})>/gi;
const running = /^(?:module|(?:text|application)\/(?:java|ecma|x-java|live|j)script)$/i;

/** Whether a page is a scene rather than a text: it has a canvas, controls, or a script that runs. */
export function isScene(html: string): boolean {
  const shown = withoutComments(html);
  if (controls.test(shown)) return true;
  for (const { 1: attributes = "" } of shown.matchAll(scripts)) {
    const type = /\btype\s{0,9}=\s{0,9}["']?([^\s"'>]*)/i.exec(attributes)?.[1];
    if (type === undefined || type === "" || running.test(type)) return true;
  }
  return false;
}

function withoutComments(html: string): string {
  let out = "";
  for (let at = 0; ; ) {
    const start = html.indexOf("<!--", at);
    const end = start < 0 ? -1 : html.indexOf("-->", start + 4);
    // what does not end is one comment to the end of the file
    if (start < 0 || end < 0) return out + html.slice(at, start < 0 ? undefined : start);
    out += html.slice(at, start);
    at = end + 3;
  }
}

/** The page with its label; a label of ours that is there gives way. `corner`: without the start page. */
export function labelScene(html: string, locale: Locale, form: Form): string {
  const bare = withoutScene(html);
  const close = bare.toLowerCase().lastIndexOf("</body");
  const at = close < 0 ? bare.length : close;
  return bare.slice(0, at) + sceneLabel(locale, form) + bare.slice(at);
}

/** The words of the start page, or of the corner mark alone; undefined without a label of ours. */
export function sceneIn(html: string): { readonly form: Form; readonly text: string } | undefined {
  const [start, end] = placeOf(html) ?? [0, 0];
  const label = html.slice(start, end);
  const said = (list: readonly string[]): string | undefined => list.find((text) => label.includes(`>${text}<`));
  const words = said(Object.values(textLabels));
  if (words !== undefined) return { form: "words", text: words };
  const corner = said(Object.values(cornerTexts));
  return corner === undefined ? undefined : { form: "corner", text: corner };
}

function placeOf(html: string): readonly [start: number, end: number] | undefined {
  const start = html.lastIndexOf(`<${sceneTag} `);
  const close = `</${sceneTag}>`;
  const end = start < 0 ? -1 : html.indexOf(close, start);
  return end < 0 ? undefined : [start, end + close.length];
}

export function withoutScene(html: string): string {
  const place = placeOf(html);
  return place === undefined ? html : html.slice(0, place[0]) + html.slice(place[1]);
}

function sceneLabel(locale: Locale, form: Form): string {
  const [words, corner] = [escapeXml(textLabels[locale]), escapeXml(cornerTexts[locale])];
  const { plate, opacity, ink } = toneOn(true);
  const rgb = (grey: number): string => `${grey} ${grey} ${grey}`;
  // a capital of 5 % of the shorter side would cover what is played; here it is text of the interface, legible on any screen
  const size = "clamp(14px,2.6vmin,28px)";
  const style = [
    ":host{all:initial}",
    `.m,details{font:700 ${size}/1.5 system-ui,sans-serif;color:rgb(${rgb(ink)});z-index:2147483647;position:fixed}`,
    `.m{right:.6em;bottom:.6em;padding:.1em .5em;border-radius:.4em;background:rgb(${rgb(plate)}/${opacity});pointer-events:none}`,
    `details{inset:0;margin:auto;width:fit-content;height:fit-content;max-width:90vw;border:2px solid rgb(${rgb(ink)});border-radius:.6em;background:rgb(${rgb(plate)});box-shadow:0 0 0 200vmax rgb(0 0 0/.5)}`,
    "details:not([open]){display:none}",
    "summary{display:block;padding:1.2em 1.6em;text-align:center;cursor:pointer;border-radius:.5em}summary:focus-visible{outline:3px solid #06f}",
    `b{display:block;width:fit-content;min-width:4em;margin:.8em auto 0;padding:.4em 1em;min-height:1.5em;color:rgb(${rgb(plate)});background:rgb(${rgb(ink)});border-radius:.4em}`,
    "@media print{details{display:none}}",
  ].join("");
  const opening = `<details open aria-label="${words}"><summary autofocus><span>${words}</span> <b>${buttons[locale]}</b></summary></details>`;
  const mark = `<span class="m" role="note" aria-label="${words}">${corner}</span>`;
  const tree = `<style>${style}</style>${form === "corner" ? "" : opening}${mark}`;
  return `<${sceneTag} lang="${locale}"><template shadowrootmode="open">${tree}</template></${sceneTag}>`;
}
