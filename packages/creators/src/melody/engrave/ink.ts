import { escapeXml } from "../musicxml/write.ts";
import { type GlyphName, glyphs } from "./glyphs.gen.ts";

/** Draws into SVG. Lengths are staff spaces; glyphs are defined once and used where they stand. */
export class Ink {
  readonly #marks: string[] = [];
  readonly #used = new Set<GlyphName>();

  /** Hundredths are fine enough. */
  n(value: number): string {
    return String(Math.round(value * 100) / 100);
  }
  glyph(name: GlyphName, x: number, y: number): void {
    this.#used.add(name);
    this.#marks.push(`<use href="#${name}" x="${this.n(x)}" y="${this.n(y)}"/>`);
  }
  line(x0: number, y0: number, x1: number, y1: number, width: number): void {
    this.#marks.push(
      `<path d="M${this.n(x0)} ${this.n(y0)}L${this.n(x1)} ${this.n(y1)}" stroke="currentColor" stroke-width="${width}"/>`,
    );
  }
  path(d: string): void {
    this.#marks.push(`<path d="${d}"/>`);
  }
  /** A beam from one stem to another; `thick` down is positive. */
  beam(x0: number, y0: number, x1: number, y1: number, thick: number): void {
    const n = this.n;
    this.path(`M${n(x0)} ${n(y0)}L${n(x1)} ${n(y1)}L${n(x1)} ${n(y1 + thick)}L${n(x0)} ${n(y0 + thick)}Z`);
  }
  dot(x: number, y: number): void {
    this.#marks.push(`<circle cx="${this.n(x)}" cy="${this.n(y)}" r="0.2"/>`);
  }
  text(
    words: string,
    x: number,
    y: number,
    o: { size: number; italic?: boolean; bold?: boolean; anchor?: "start" | "middle" | "end" },
  ): void {
    const style = `${o.italic ? ' font-style="italic"' : ""}${o.bold ? ' font-weight="600"' : ""}`;
    this.#marks.push(
      `<text x="${this.n(x)}" y="${this.n(y)}" font-size="${o.size}"${style} text-anchor="${o.anchor ?? "start"}">${escapeXml(words)}</text>`,
    );
  }
  /** The whole picture; `scale` is pixels of a staff space. */
  svg(width: number, height: number, title: string, scale: number): string {
    const defs = [...this.#used].map((name) => `<path id="${name}" transform="scale(.01)" d="${glyphs[name].path}"/>`).join("");
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(width * scale)}" height="${Math.round(height * scale)}" viewBox="0 0 ${this.n(width)} ${this.n(height)}" role="img" aria-label="${escapeXml(title)}" color="#111" fill="currentColor" font-family="Georgia, 'Noto Serif CJK SC', 'Songti SC', serif">`,
      `<title>${escapeXml(title)}</title><defs>${defs}</defs><rect width="100%" height="100%" fill="#fff"/>`,
      ...this.#marks,
      "</svg>",
    ].join("\n");
  }
}
