import {
  type Brief,
  type Controls,
  type Engine,
  InksealError,
  type ModelInfo,
  type Plan,
  type Policy,
  type Task,
  type WordMark,
} from "@inkseal/core";

export interface PlanOptions {
  /** Models that the caller may use: `engine/model`, `engine/*`; absent means all. */
  readonly models?: readonly string[];
  readonly signal?: AbortSignal;
  /** What words are to be marked with. */
  readonly wordMark?: WordMark | undefined;
}

/** A bare model name's usual home, tried when no engine lists it. */
const families: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(gpt-|o\d|chatgpt|dall-e|tts-|whisper|text-embedding-|omni-moderation|gpt-image)/, ["openai"]],
  [/^claude/, ["anthropic"]],
  [/^gemini|^imagen/, ["gemini"]],
  [/^deepseek/, ["deepseek"]],
  [/^(qwen|qwq|wanx)/, ["dashscope"]],
  [/^(moonshot|kimi)/, ["moonshot"]],
  [/^(glm|cogview)/, ["zhipu"]],
  [/^(mistral|codestral|ministral|pixtral)/, ["mistral"]],
];

/**
 * The plans of a brief, the one asked for first, then its fallbacks, in order. Engines that the policy or the caller's
 * key forbids are refused with `forbidden`; `unknown-model` names near matches; `cannot-do` who could.
 */
export async function candidates(
  brief: Brief,
  engines: readonly Engine[],
  policy: Policy,
  options: PlanOptions = {},
): Promise<readonly Plan[]> {
  const plans = [await plan(brief, engines, policy, options)];
  for (const model of brief.fallbacks) plans.push(await plan({ ...brief, model }, engines, policy, options));
  return plans;
}

/** Which engine and model make this brief. */
export async function plan(brief: Brief, engines: readonly Engine[], policy: Policy, options: PlanOptions = {}): Promise<Plan> {
  const { engine, model } =
    brief.model === undefined
      ? await anyFor(brief.task, engines, policy, options)
      : await named(brief.model, brief.task, engines, options);
  if (!engine.tasks.includes(brief.task)) {
    const able = engines.filter((e) => e.tasks.includes(brief.task)).map((e) => e.name);
    throw new InksealError(
      "cannot-do",
      `${engine.name} cannot do ${brief.task}; ${able.length > 0 ? `these can: ${able.join(", ")}` : "no engine here can"}`,
      { param: "model" },
    );
  }
  if (!policy.places.includes(engine.place))
    throw new InksealError(
      "forbidden",
      `the policy ${policy.name} sends nothing to ${engine.place} engines such as ${engine.name}`,
      { param: "model" },
    );
  if (!allowed(engine.name, model, options.models))
    throw new InksealError("forbidden", `this key may not use ${engine.name}/${model}`, { param: "model" });
  return {
    kind: "plan",
    version: 1,
    brief,
    engine,
    model,
    seed: brief.controls.seed,
    ...(options.wordMark && { wordMark: options.wordMark }),
    warnings: warningsOf(brief, engine),
  };
}

function allowed(engine: string, model: string, models: readonly string[] | undefined): boolean {
  return models === undefined || models.some((m) => m === `${engine}/${model}` || m === `${engine}/*` || m === engine);
}

async function named(
  name: string,
  task: Task,
  engines: readonly Engine[],
  options: PlanOptions,
): Promise<{ engine: Engine; model: string }> {
  const slash = name.indexOf("/");
  if (slash > 0) {
    const engine = engines.find((e) => e.name === name.slice(0, slash));
    if (engine !== undefined) return { engine, model: name.slice(slash + 1) };
  }
  const byName = engines.find((e) => e.name === name);
  if (byName !== undefined) return { engine: byName, model: (await modelFor(byName, task, options))?.id ?? name };
  const home = families.find(([pattern]) => pattern.test(name))?.[1] ?? [];
  const usual = engines.find((e) => home.includes(e.name));
  if (usual !== undefined) return { engine: usual, model: name };
  const known: string[] = [];
  let unable: { engine: Engine; model: string } | undefined; // it is there, but for other tasks: `plan` says so
  for (const engine of engines) {
    for (const info of await modelsOf(engine, options)) {
      if (info.id === name && engine.tasks.includes(task)) return { engine, model: name };
      if (info.id === name) unable ??= { engine, model: name };
      known.push(`${engine.name}/${info.id}`);
    }
  }
  if (unable !== undefined) return unable;
  const near = nearest(name, known);
  throw new InksealError(
    "unknown-model",
    `no engine has a model named ${JSON.stringify(name)}${near.length > 0 ? `; did you mean ${near.join(" or ")}?` : ""}`,
    { param: "model" },
  );
}

/** No model named: what is embedded works everywhere, so it comes first; then local, then cloud. Those made for one kind of piece only when there is no other. */
async function anyFor(
  task: Task,
  engines: readonly Engine[],
  policy: Policy,
  options: PlanOptions,
): Promise<{ engine: Engine; model: string }> {
  let narrow: { engine: Engine; model: string } | undefined;
  for (const place of ["embedded", "local", "cloud"] as const) {
    for (const engine of engines) {
      if (engine.place !== place || !engine.tasks.includes(task) || !policy.places.includes(place)) continue;
      const model = await modelFor(engine, task, options);
      if (model === undefined || !allowed(engine.name, model.id, options.models)) continue;
      const found = { engine, model: model.id };
      if (!model.narrow) return found;
      narrow ??= found;
    }
  }
  if (narrow !== undefined) return narrow;
  throw new InksealError("engine-missing", `no engine here can do ${task}; connect a provider or add a local model`);
}

async function modelFor(engine: Engine, task: Task, options: PlanOptions): Promise<ModelInfo | undefined> {
  const able = (await modelsOf(engine, options)).filter((m) => m.tasks.includes(task));
  return able.find((m) => !m.narrow) ?? able[0];
}

/** A provider that does not answer lists nothing: planning must not fail for an engine that is not asked for. */
const modelsOf = (engine: Engine, { signal }: PlanOptions): Promise<readonly ModelInfo[]> =>
  engine.models(signal).catch(() => []);

/** Controls that only some engines know, with the tasks or places that honour them. */
const honoured: Readonly<Partial<Record<keyof Controls, (engine: Engine) => boolean>>> = {
  own: (e) => e.place === "embedded",
  grammar: (e) => e.name === "lab" || e.name === "llama" || e.name === "llamacpp",
  negative: (e) => e.place === "local",
  pitch: (e) => e.place === "embedded",
};

function warningsOf(brief: Brief, engine: Engine): readonly string[] {
  const warnings: string[] = [];
  for (const [control, can] of Object.entries(honoured)) {
    if (brief.controls[control as keyof Controls] !== undefined && !can(engine))
      warnings.push(`${engine.name} may not honour ${control}`);
  }
  return warnings;
}

/** Up to three names within a third of their length in edits, nearest first. */
function nearest(name: string, known: readonly string[]): readonly string[] {
  return known
    .map((k) => [k, Math.min(editDistance(name, k), editDistance(name, k.slice(k.indexOf("/") + 1)))] as const)
    .filter(([k, d]) => d <= Math.max(2, k.length / 3))
    .sort((a, b) => a[1] - b[1])
    .slice(0, 3)
    .map(([k]) => k);
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] as number;
}
