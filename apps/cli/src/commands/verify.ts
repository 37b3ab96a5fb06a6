import { readFile } from "node:fs/promises";
import { layerMeaning, timeStampOf, type VerifyReport } from "@inkseal/core";
import { type Call, defineCommand } from "../command.ts";
import { openDesk } from "../desk/desk.ts";
import { type ExitCode, exit } from "../exit.ts";
import { readAll } from "../make/read-words.ts";
import { rowLine, sizeOf } from "../make/summary.ts";
import type { Style } from "../screen/screen.ts";
import { words } from "../words.ts";

const exits: Readonly<Record<VerifyReport["verdict"], ExitCode>> = {
  recognised: exit.ok,
  similar: exit.unknown,
  unknown: exit.unknown,
  altered: exit.altered,
  unreadable: exit.unreadable,
};
const styles: Readonly<Record<VerifyReport["verdict"], Style>> = {
  recognised: "green",
  similar: "yellow",
  unknown: "dim",
  altered: "red",
  unreadable: "red",
};

export const verify = defineCommand({
  summary: words.command.verify,
  usage: "FILE...",
  takes: [1, 100_000],
  first: "files",
  options: {},
  examples: ["inkseal verify hello.wav", "inkseal verify --json *.png | jq .verdict", "curl -s https://… | inkseal verify -"],
  run: async (call) => {
    const { screen, say, signal } = call;
    const progress = screen.progress(say(words.verify.checking));
    const desk = await openDesk(call).catch((error) => {
      progress.done();
      throw error;
    });
    // of several files the gravest answer counts: unreadable, altered, unknown
    let worst: ExitCode = exit.ok;
    try {
      for (const [i, file] of call.words.entries()) {
        signal.throwIfAborted();
        progress.update(call.words.length > 1 ? i / call.words.length : undefined, file);
        let bytes: Uint8Array;
        try {
          bytes = file === "-" ? await readAll(process.stdin) : await readFile(file);
        } catch (error) {
          worst = Math.max(worst, exit.unreadable) as ExitCode;
          progress.done();
          tellUnreadable(call, file, error as NodeJS.ErrnoException);
          continue;
        }
        const report = await desk.verify(bytes, signal);
        worst = Math.max(worst, exits[report.verdict]) as ExitCode;
        progress.done();
        if (screen.json) screen.value({ file, ...report });
        else tell(call, file, report, i > 0);
      }
    } finally {
      progress.done();
      await desk.close();
    }
    return worst;
  },
});

function tellUnreadable({ screen, say }: Call, file: string, error: NodeJS.ErrnoException): void {
  const why =
    error.code === "ENOENT"
      ? say(words.error.noFile)
      : error.code === "EISDIR"
        ? say(words.error.isFolder)
        : (error.code ?? error.message);
  const message = say(words.error.cannotRead(file, why));
  screen.value({ file, verdict: "unreadable", error: { code: "bad-file", message } });
  if (!screen.json) screen.note(`${screen.paint("red", say(words.error.error), "err")}  ${message}`);
}

function tell({ screen, say, locale }: Call, file: string, report: VerifyReport, again: boolean): void {
  const { verdict, row } = report;
  if (again) screen.line();
  screen.line(`${screen.paint("bold", file)}  ${screen.paint(styles[verdict], say(words.verify.verdict[verdict]))}`);
  const made = row ?? aboutRun(report);
  const stamp = report.layers.map(timeStampOf).find((s) => s !== undefined);
  screen.pairs(
    [
      [say(words.verify.kind), `${report.mediaType}, ${sizeOf(report.size)}`],
      [say(words.verify.madeBy), made && `${made.engine}/${made.model}`],
      [say(words.verify.at), made?.at],
      ...report.layers
        .filter((l) => l.status !== "absent")
        .map((l): [string, string] => [
          say(words.layer[l.layer]),
          [status(l.status), layerMeaning(l, locale)].filter(Boolean).join(locale === "en" ? ": " : "："),
        ]),
      [
        say(words.verify.timeStamp),
        stamp && [say(words.verify.timeStamps[stamp.status]), stamp.at, stamp.by].filter(Boolean).join(", "),
      ],
      [say(words.verify.labelClass), say(words.verify.labelClasses[report.labelClass])],
      [
        say(words.verify.row),
        row === undefined
          ? say(words.verify.noRow)
          : `${rowLine(row, say)} (${say(words.verify.rowBy[report.rowBy ?? "mark"])})`,
      ],
      [say(words.make.run), row?.run],
      ...report.likelihood.map((l): [string, string] => [
        say(words.verify.likelihood[l.of]),
        say(
          words.verify.likelihoodMeans[l.of](
            `${l.engine}/${l.model}`,
            l.score.toFixed(2),
            (100 * l.peopleAsHigh).toFixed(0),
            l.measured.auc.toFixed(2),
            (100 * l.measured.foundAtOnePercent).toFixed(0),
            l.measured.set,
          ),
        ),
      ]),
      ...report.resembles.map((r): [string, string] => [
        say(words.verify.resembles),
        say(
          words.verify.resemblance(
            r.run,
            r.distance.toFixed(3),
            r.limit.toFixed(3),
            r.falseLinks.found,
            r.falseLinks.of.toLocaleString("en"),
          ),
        ),
      ]),
      ...report.history.map((step): [string, string] => [say(words.verify.history), historyLine(step)]),
      [say(words.verify.stored), report.storedManifest],
      [
        say(words.verify.unknowns),
        report.unknown.length === 0 ? undefined : report.unknown.map((u) => say(words.verify.unknown[u])).join("; "),
      ],
      ["SHA-256", report.sha256],
    ],
    "out",
    "  ",
  );
  if (verdict === "similar") screen.line(`  ${say(words.verify.similarMeans)}`);
  if (verdict === "unknown") screen.line(`  ${say(words.verify.unknownMeans)}`);
  if (verdict === "altered") screen.line(`  ${say(words.verify.alteredMeans)}`);

  function historyLine({ actions, softwareAgent, generator, when, proven }: VerifyReport["history"][number]): string {
    const what = [actions.join(" → "), softwareAgent ?? generator, when].filter(Boolean).join(", ");
    const from = report.historyFrom === undefined ? "" : `, ${say(words.verify.historyFrom[report.historyFrom])}`;
    return `${what} (${say(proven ? words.verify.proven : words.verify.unproven)}${from})`;
  }

  function status(of: VerifyReport["layers"][number]["status"]): string {
    const style: Style = of === "valid" ? "green" : of === "invalid" ? "red" : "yellow";
    return screen.paint(style, say(words.verify.status[of]));
  }
}

/** What the marks themselves say of the making, where this ledger has no row. */
function aboutRun({ layers }: VerifyReport): { engine: string; model: string; at?: string } | undefined {
  for (const { data } of layers) {
    const { engine, model, at } = data;
    if (typeof engine === "string" && typeof model === "string")
      return { engine, model, at: typeof at === "string" ? at : undefined };
  }
  return undefined;
}
