import { InksealError } from "@inkseal/core";
import type { KeyInfo, Scope } from "@inkseal/ledger";
import { defineCommand, type Group } from "../command.ts";
import { withDesk } from "../desk/desk.ts";
import { exit } from "../exit.ts";
import { UsageError } from "../usage-error.ts";
import { words } from "../words.ts";

const scopes = ["create", "verify", "read", "admin"] as const satisfies readonly Scope[];
const unlimited = 1e9;

const create = defineCommand({
  summary: words.keys.create,
  usage: "NAME",
  takes: [1, 1],
  options: {
    scope: {
      kind: "list",
      value: scopes.join("|"),
      help: {
        "zh-CN": "权限（可多次；默认 create verify read）",
        en: "what it may do (repeatable; default create verify read)",
      },
    },
    model: {
      kind: "list",
      value: "ENGINE/MODEL",
      help: { "zh-CN": "只许用这些模型，可写 引擎/*（可多次）", en: "models it may use, ENGINE/* for all of one (repeatable)" },
    },
    policy: { kind: "text", value: "NAME", help: { "zh-CN": "绑定规则", en: "policy that it is bound to" } },
    rate: {
      kind: "number",
      min: 1,
      max: unlimited,
      whole: true,
      help: { "zh-CN": "每分钟最多几次请求", en: "requests a minute" },
    },
    period: {
      kind: "choice",
      of: ["day", "month", "total"],
      help: { "zh-CN": "额度的周期（默认 month）", en: "period of the budget (default month)" },
    },
    tokens: {
      kind: "number",
      min: 0,
      max: unlimited * 1000,
      whole: true,
      help: { "zh-CN": "额度：词元", en: "budget in tokens" },
    },
    cost: { kind: "number", min: 0, max: unlimited, help: { "zh-CN": "额度：美元", en: "budget in US dollars" } },
    energy: { kind: "number", min: 0, max: unlimited * 1000, help: { "zh-CN": "额度：焦耳", en: "budget in joules" } },
    expires: { kind: "text", value: "30d|12h|DATE", help: { "zh-CN": "何时过期", en: "when it expires" } },
  },
  examples: ["inkseal keys create phone", "inkseal keys create class-3b --cost 20 --period month --rate 60 --expires 180d"],
  run: async (call) => {
    const { options: o, screen, say } = call;
    const wrong = o.scope.find((s) => !scopes.includes(s as Scope));
    if (wrong !== undefined) throw new UsageError(words.keys.badScope(wrong));
    const budgeted = o.tokens !== undefined || o.cost !== undefined || o.energy !== undefined;
    const { key, secret } = await withDesk(call, (desk) =>
      desk.createKey({
        name: call.words[0]!,
        ...(o.scope.length > 0 && { scopes: o.scope as readonly Scope[] }),
        ...(o.model.length > 0 && { models: o.model }),
        ...(o.policy !== undefined && { policy: o.policy }),
        ...(o.rate !== undefined && { rate: o.rate }),
        ...(budgeted && { budget: { period: o.period ?? "month", tokens: o.tokens, cost: o.cost, energy: o.energy } }),
        ...(o.expires !== undefined && { expiresAt: expiry(o.expires, Date.now()) }),
      }),
    );
    screen.value({ key, secret });
    screen.pairs([
      [say(words.keys.secret), screen.paint("bold", secret)],
      [say(words.keys.id), key.id],
      [say(words.keys.scopes), key.scopes.join(" ")],
    ]);
    if (!screen.json) screen.note(say(words.keys.once));
    return exit.ok;
  },
});

const list = defineCommand({
  summary: words.keys.list,
  usage: "",
  takes: [0, 0],
  options: {},
  run: async (call) => {
    const { screen, say } = call;
    const keys = await withDesk(call, (desk) => desk.keys());
    screen.value({ keys });
    const w = words.keys;
    if (keys.length === 0) screen.line(say(w.none));
    else
      screen.table(
        [w.id, w.name, w.prefix, w.scopes, w.state].map(say),
        keys.map((k) => [k.id, k.name, `${k.prefix}…`, k.scopes.join(" "), say(stateOf(k))]),
      );
    return exit.ok;
  },
});

const revoke = defineCommand({
  summary: words.keys.revoke,
  usage: "ID",
  takes: [1, 1],
  options: {},
  run: async (call) => {
    const { screen, say } = call;
    const id = call.words[0]!;
    if (!(await withDesk(call, (desk) => desk.revokeKey(id))))
      throw new InksealError("not-found", `there is no live key ${id}`);
    screen.value({ id, revoked: true });
    screen.line(say(words.keys.nowRevoked(id)));
    return exit.ok;
  },
});

export const keys: Group = { summary: words.command.keys, commands: { create, list, revoke } };

const stateOf = (key: KeyInfo): (typeof words.keys)["live" | "revoked" | "expired"] => {
  if (key.revokedAt !== undefined) return words.keys.revoked;
  return key.expiresAt !== undefined && Date.parse(key.expiresAt) <= Date.now() ? words.keys.expired : words.keys.live;
};

/** `30d`, `12h`, or a date, as ISO 8601 UTC. Throws UsageError for anything else and for what is past. */
export function expiry(text: string, now: number): string {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : now + Number(count) * (unit === "d" ? 86_400_000 : 3_600_000);
  if (!(at > now)) throw new UsageError(words.keys.badExpiry(text));
  return new Date(at).toISOString();
}
