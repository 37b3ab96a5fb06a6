import { createHash } from "node:crypto";
import { InksealError, type LedgerRow } from "@inkseal/core";
import { defineCommand, type Group } from "../command.ts";
import { withDesk } from "../desk/desk.ts";
import { exit } from "../exit.ts";
import { decisionLine, marksLine, usageLine } from "../make/summary.ts";
import { words } from "../words.ts";
import { writeLines } from "../write-lines.ts";

const list = defineCommand({
  summary: words.ledger.list,
  usage: "",
  takes: [0, 0],
  options: {
    limit: {
      kind: "number",
      short: "n",
      min: 1,
      max: 500,
      whole: true,
      help: { "zh-CN": "最多几行（默认 20）", en: "how many (default 20)" },
    },
    before: {
      kind: "number",
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      whole: true,
      help: { "zh-CN": "此行之前的", en: "rows before this one" },
    },
    status: {
      kind: "choice",
      of: ["done", "failed", "cancelled", "blocked", "interrupted"],
      help: { "zh-CN": "只看某种状态", en: "only of this status" },
    },
    task: { kind: "text", value: "TASK", help: { "zh-CN": "只看某种任务", en: "only of this task" } },
    actor: { kind: "text", value: "KEY", help: { "zh-CN": "只看某把密钥", en: "only of this key" } },
  },
  run: async (call) => {
    const { screen, say, options } = call;
    const rows = await withDesk(call, (desk) =>
      desk.rows({
        limit: options.limit ?? 20,
        before: options.before,
        status: options.status,
        task: options.task,
        actor: options.actor,
      }),
    );
    screen.value({ rows });
    if (rows.length === 0) screen.line(say(words.ledger.empty));
    else {
      const w = words.ledger;
      screen.table(
        [w.seq, w.at, w.status, w.task, w.model, w.decision, w.run].map(say),
        rows.map((r) => [
          String(r.seq),
          r.at.replace("T", " ").slice(0, 19),
          r.status,
          r.task,
          nameOf(r),
          say(words.action[r.decision]),
          r.run,
        ]),
      );
    }
    return exit.ok;
  },
});

const show = defineCommand({
  summary: words.ledger.show,
  usage: "RUN",
  takes: [1, 1],
  options: {},
  run: async (call) => {
    const { screen, say } = call;
    const id = call.words[0]!;
    const row = await withDesk(call, (desk) => desk.row(id));
    if (row === undefined) throw new InksealError("not-found", say(words.ledger.noRow(id)));
    screen.value(row);
    const { artifact } = row;
    screen.pairs([
      [say(words.ledger.run), row.run],
      [say(words.ledger.seq), `${row.seq}`],
      [say(words.ledger.at), row.at],
      [say(words.ledger.status), row.errorCode === undefined ? row.status : `${row.status} (${row.errorCode})`],
      [say(words.ledger.task), row.task],
      [say(words.ledger.model), nameOf(row)],
      [say(words.ledger.decision), decisionLine({ action: row.decision, findings: row.findings }, say)],
      [say(words.make.marks), marksLine(row.marks, say)],
      [say(words.make.kept), artifact && `${artifact.id} (${artifact.mediaType}, ${artifact.size} ${say(words.verify.bytes)})`],
      ["SHA-256", row.outputDigest],
      [say(words.make.used), usageLine(row.usage)],
      ["hash", row.hash],
      ["prev", row.prev],
    ]);
    return exit.ok;
  },
});

const verify = defineCommand({
  summary: words.ledger.verify,
  usage: "",
  takes: [0, 0],
  options: {},
  run: async (call) => {
    const { screen, say, signal } = call;
    const progress = screen.progress(say(words.ledger.checking));
    const report = await withDesk(call, (desk) =>
      desk.checkChain((done, total) => progress.update(total === 0 ? undefined : done / total, `${done}/${total}`), signal),
    ).finally(() => progress.done());
    screen.value(report);
    if (report.ok) screen.line(screen.paint("green", say(words.ledger.ok(report.rows, report.head.slice(0, 16)))));
    else {
      screen.line(screen.paint("red", say(words.ledger.broken(report.faults.length, report.rows))));
      for (const f of report.faults)
        screen.line(`  ${f.seq}  ${say(words.ledger.fault[f.fault])}  ${f.run ?? ""}  ${f.detail}`);
    }
    return report.ok ? exit.ok : exit.altered;
  },
});

const exportRows = defineCommand({
  summary: words.ledger.export,
  usage: "[-o FILE]",
  takes: [0, 0],
  options: {
    output: {
      kind: "file",
      short: "o",
      value: "FILE",
      help: { "zh-CN": "写到文件（默认标准输出）", en: "write to FILE (default: standard output)" },
    },
  },
  examples: ["inkseal ledger export -o ledger.jsonl", "inkseal ledger export | jq -s 'map(.usage.energy // 0) | add'"],
  run: async (call) => {
    const { screen, say, options, signal } = call;
    const { output } = options;
    const progress = screen.progress(say(words.ledger.export));
    let rows = 0;
    const digest = createHash("sha256");
    await withDesk(call, async (desk) => {
      async function* lines(): AsyncGenerator<string> {
        for await (const row of desk.export(signal)) {
          signal.throwIfAborted();
          const line = `${JSON.stringify(row)}\n`;
          digest.update(line);
          rows++;
          if (output !== undefined && rows % 1000 === 0) progress.update(undefined, String(rows));
          yield line;
        }
      }
      await writeLines(lines(), output === "-" ? undefined : output);
    }).finally(() => progress.done());
    if (output !== undefined && output !== "-") {
      screen.value({ file: output, rows, sha256: digest.digest("hex") });
      screen.line(say(words.ledger.exported(rows, output)));
    }
    return exit.ok;
  },
});

export const ledger: Group = { summary: words.command.ledger, commands: { list, show, verify, export: exportRows } };

const nameOf = (row: LedgerRow): string => (row.engine === "" ? "–" : `${row.engine}/${row.model}`);
