import type { WriteStream } from "node:tty";
import { Panel } from "./panel.ts";
import { Progress } from "./progress.ts";
import { pad, width } from "./width.ts";

type Stream = Pick<NodeJS.WriteStream, "write"> & Partial<Pick<WriteStream, "isTTY" | "columns">>;
export type Style = "bold" | "dim" | "red" | "green" | "yellow";
const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** Where a command writes: results to standard output, everything else to standard error. */
export class Screen {
  readonly json: boolean;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly #colour: boolean;
  readonly #alive: boolean;

  constructor(json: boolean, env: NodeJS.ProcessEnv, stdout: Stream, stderr: Stream) {
    this.json = json;
    this.stdout = stdout;
    this.stderr = stderr;
    const dumb = env.TERM === "dumb";
    this.#colour = !env.NO_COLOR && !dumb; // https://no-color.org: present and not empty
    this.#alive = stderr.isTTY === true && !dumb;
  }

  /** A line of the result, for people. Nothing with `--json`. */
  line(text = ""): void {
    if (!this.json) this.stdout.write(`${text}\n`);
  }
  /** A line beside the result: hints, warnings, summaries of what went elsewhere. */
  note(text: string): void {
    this.stderr.write(`${text}\n`);
  }
  /** The result as JSON, on one line where no person reads it. Only with `--json`. */
  value(value: unknown): void {
    if (this.json) this.stdout.write(`${JSON.stringify(value, null, this.stdout.isTTY ? 2 : undefined)}\n`);
  }
  /** One JSON value on one line, for streams of them. */
  jsonLine(value: unknown): void {
    this.stdout.write(`${JSON.stringify(value)}\n`);
  }
  /** The very bytes, without a line end. */
  raw(bytes: Uint8Array | string): void {
    this.stdout.write(bytes);
  }
  paint(style: Style, text: string, on: "out" | "err" = "out"): string {
    const stream = on === "out" ? this.stdout : this.stderr;
    if (!this.#colour || stream.isTTY !== true) return text;
    const [open, close] = codes[style];
    return `\x1b[${open}m${text}\x1b[${close}m`;
  }
  /** `name  value` lines, values aligned. Rows without a value are left out. */
  pairs(rows: readonly (readonly [string, string | undefined])[], on: "out" | "err" = "out", indent = ""): void {
    const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== "");
    const column = Math.max(0, ...shown.map(([name]) => width(name)));
    for (const [name, value] of shown) {
      const text = `${indent}${this.paint("dim", pad(name, column), on)}  ${value}`;
      if (on === "out") this.line(text);
      else this.note(text);
    }
  }
  /** A table with aligned columns and a head. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const columns = head.map((h, i) => Math.max(width(h), ...rows.map((r) => width(r[i] ?? ""))));
    const join = (cells: readonly string[]): string =>
      cells
        .map((c, i) => pad(c, columns[i] ?? 0))
        .join("  ")
        .trimEnd();
    this.line(this.paint("dim", join(head)));
    for (const row of rows) this.line(join(row));
  }
  /** A table whose rows come one by one: columns are as wide as the head and at least `widths`. Numbers stand right, all but the first column. */
  rows(head: readonly string[], widths: readonly number[]): (cells: readonly string[]) => void {
    const columns = head.map((h, i) => Math.max(width(h), widths[i] ?? 0));
    const join = (cells: readonly string[]): string =>
      cells
        .map((c, i) => (i === 0 ? pad(c, columns[i]!) : `${" ".repeat(Math.max(0, columns[i]! - width(c)))}${c}`))
        .join("  ")
        .trimEnd();
    this.line(this.paint("dim", join(head)));
    return (cells) => this.line(join(cells));
  }
  /** Shows itself on standard error once the work has lasted a second. */
  progress(label: string): Progress {
    return new Progress(label, this.stderr, this.#alive);
  }
  /** Lines that redraw themselves on standard error; undefined where that is no terminal. */
  panel(): Panel | undefined {
    return this.#alive ? new Panel(this.stderr) : undefined;
  }
}
