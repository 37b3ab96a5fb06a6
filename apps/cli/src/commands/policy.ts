import { readFile } from "node:fs/promises";
import { InksealError, type Policy, PolicySchema } from "@inkseal/core";
import { defineCommand, type Group } from "../command.ts";
import { withDesk } from "../desk/desk.ts";
import { exit } from "../exit.ts";
import { readAll } from "../make/read-words.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";

const list = defineCommand({
  summary: words.policy.list,
  usage: "",
  takes: [0, 0],
  options: {},
  run: async (call) => {
    const { screen, say } = call;
    const policies = await withDesk(call, (desk) => desk.policies());
    screen.value({ policies });
    const w = words.policy;
    screen.table(
      [w.name, w.rules, w.keepsText, w.description].map(say),
      policies.map((p) => [p.name, p.rules.map(ruleLine).join("; "), say(p.keepText ? w.yes : w.no), p.description]),
    );
    return exit.ok;
  },
});

const show = defineCommand({
  summary: words.policy.show,
  usage: "NAME",
  takes: [1, 1],
  options: {},
  examples: ["inkseal policy show default > strict.json"],
  run: async (call) => {
    const name = call.words[0]!;
    const policy = (await withDesk(call, (desk) => desk.policies())).find((p) => p.name === name);
    if (policy === undefined) throw new InksealError("not-found", `there is no policy ${JSON.stringify(name)}`);
    call.screen.raw(`${JSON.stringify(policy, null, 2)}\n`); // a policy is JSON for people too
    return exit.ok;
  },
});

const set = defineCommand({
  summary: words.policy.set,
  usage: "FILE",
  takes: [1, 1],
  first: "files",
  options: {
    name: {
      kind: "text",
      value: "NAME",
      help: { "zh-CN": "规则名（默认用文件里的 name）", en: "its name (default: the file's own)" },
    },
  },
  examples: ["inkseal policy set strict.json --name strict"],
  run: async (call) => {
    const { screen, say, options } = call;
    const file = call.words[0]!;
    const text = file === "-" ? new TextDecoder().decode(await readAll(process.stdin)) : await readFile(file, "utf8");
    const policy = policyOf(text, file, options.name);
    await withDesk(call, (desk) => desk.setPolicy(policy));
    screen.value({ policy });
    screen.line(say(words.policy.saved(policy.name)));
    return exit.ok;
  },
});

export const policy: Group = { summary: words.command.policy, commands: { list, show, set } };

/** A policy of a JSON text. Throws UsageError for what is no object, `bad-request` naming the first field at fault. */
export function policyOf(text: string, file: string, name: string | undefined): Policy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UsageError(words.policy.notJson(file));
  const parsed = PolicySchema.strict().safeParse(name === undefined ? value : { ...value, name });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InksealError("bad-request", `${file}: ${issue?.path.join(".") || "policy"}: ${issue?.message}`);
}

const ruleLine = (rule: Policy["rules"][number]): string =>
  `${rule.hazard}${rule.in === undefined ? "" : ` in:${rule.in}`}${rule.out === undefined ? "" : ` out:${rule.out}`}`;
