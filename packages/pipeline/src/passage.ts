import { hash } from "node:crypto";
import {
  type Artifact,
  type Brief,
  type Chunk,
  canonicalJson,
  type Decision,
  defaultPolicy,
  gramsCo2e,
  InksealError,
  type LedgerRow,
  localeOfText,
  type Mark,
  type Plan,
  type Policy,
  type Provenance,
  type RunRecord,
  type Usage,
} from "@inkseal/core";
import type { Context } from "./context.ts";
import { cancelReason } from "./deadline.ts";
import type { Draft } from "./draft.ts";
import { modelledEnergy } from "./energy.ts";
import { guardModel, observe } from "./moderation.ts";

/** Strictest last. */
const severity = ["allow", "mask", "rewrite", "hold", "block", "unchecked"] as const;

/** One run on its way: what will be its ledger row. */
export class Passage {
  readonly run: string;
  readonly attempts: RunRecord["attempts"] = [];
  policy: Policy = defaultPolicy;
  decision: Decision;
  usage: Usage = {};
  readonly #context: Context;
  readonly #startedAt: number;
  #brief: Brief | undefined;
  #briefDigest = "";
  #plan: Plan | undefined;
  #inFindings: Decision | undefined;
  readonly #wordMarks: Mark[] = [];
  #firstMs: number | undefined;
  #measured: (() => number) | undefined;
  #recorded = false;

  constructor(context: Context) {
    this.#context = context;
    this.#startedAt = context.clock.now();
    this.run = context.newId("run");
    this.decision = { kind: "decision", version: 1, action: "allow", findings: [], policy: defaultPolicy.name };
  }

  begin(brief: Brief): void {
    this.#brief = brief;
    this.#briefDigest = briefDigest(brief);
    this.policy = this.#policyOf(brief);
    this.decision = { ...this.decision, policy: this.policy.name };
  }

  /** Takes in what guard said, of the brief first and then of the output: the strictest action stands. */
  decided(next: Decision): void {
    if (this.#inFindings === undefined) {
      this.#inFindings = next;
      this.decision = next;
      return;
    }
    const strictest = severity.indexOf(next.action) >= severity.indexOf(this.#inFindings.action) ? next : this.#inFindings;
    const findings = next.findings.length === 0 ? this.#inFindings.findings : [...this.#inFindings.findings, ...next.findings];
    this.decision = { ...strictest, findings };
  }

  stopIfRefused({ action, reason }: Decision): void {
    if (action === "block") throw new InksealError("blocked", reason ?? "the policy blocks this");
    if (action === "hold") throw new InksealError("held", reason ?? "the policy holds this for a person");
    if (action === "unchecked" && this.policy.unchecked !== "allow")
      throw new InksealError("unchecked", reason ?? "a check could not run");
  }

  /** Begins to measure what engines in this process spend on the run. */
  async measure(plans: readonly Plan[]): Promise<void> {
    if (plans.some(({ engine }) => engine.inProcess)) this.#measured = (await this.#context.energy?.())?.begin();
  }

  planned(plan: Plan): void {
    this.#plan = plan;
  }

  used(batch: readonly Chunk[]): void {
    for (const { usage, mark } of batch) {
      if (usage !== undefined) this.usage = { ...this.usage, ...usage };
      if (mark !== undefined) this.#wordMarks.push(mark);
    }
  }

  firstContent(): void {
    this.#firstMs ??= this.#context.clock.now() - this.#startedAt;
  }

  now(): string {
    return new Date(this.#context.clock.now()).toISOString();
  }

  provenance(draft: Draft): Provenance {
    const plan = this.#plan as Plan;
    const words = plan.brief.text ?? "";
    return {
      run: this.run,
      artifact: this.#context.newId("art"),
      at: this.now(),
      engine: plan.engine.name,
      model: plan.model,
      place: plan.engine.place,
      source: draft.editsInput ? "composite" : "trained",
      locale: localeOfText(words),
      wordMarks: this.#wordMarks,
    };
  }

  /** Makes the run durable. Throws `ledger-unavailable`. */
  async record(
    status: RunRecord["status"],
    draft?: Draft,
    artifacts: readonly Artifact[] = [],
    error?: InksealError,
  ): Promise<LedgerRow> {
    const { clock, actor, ledger, sealText, gramsPerKwh } = this.#context;
    const totalMs = clock.now() - this.#startedAt;
    const energy = this.usage.energy ?? this.#energyHere() ?? modelledEnergy(this.#plan?.engine.place, totalMs);
    if (energy !== undefined) this.usage = { ...this.usage, energy, gramsCo2e: gramsCo2e(energy, gramsPerKwh) };
    const first = artifacts[0];
    const record: RunRecord = {
      run: this.run,
      at: this.now(),
      status,
      task: this.#brief?.task ?? "chat",
      engine: this.#plan?.engine.name ?? "",
      model: this.#plan?.model ?? this.#brief?.model ?? "",
      policy: this.policy.name,
      decision: this.decision.action,
      findings: [...this.decision.findings],
      marks: artifacts.length > 0 ? artifacts.flatMap((a): readonly Mark[] => a.marks) : this.#wordMarks,
      briefDigest: this.#briefDigest,
      outputDigest: first?.sha256 ?? draft?.wordsDigest() ?? "",
      ...(first && { artifact: { id: first.id, sha256: first.sha256, mediaType: first.mediaType, size: first.bytes.length } }),
      usage: numbersOf(this.usage),
      firstMs: this.#firstMs,
      totalMs,
      actor: actor.id,
      source: actor.source,
      errorCode: error?.code,
      attempts: this.attempts,
      ...(this.policy.keepText &&
        sealText && { sealedText: sealText(JSON.stringify({ brief: wordsOf(this.#brief), output: draft?.text ?? "" })) }),
    };
    this.#recorded = true;
    const row = await ledger.append(record);
    if (actor.id !== "local") {
      const { inputTokens = 0, outputTokens = 0, cost = 0 } = this.usage;
      ledger.keys.charge(actor.id, { tokens: inputTokens + outputTokens, cost, energy: energy ?? 0 });
    }
    return row;
  }

  /** Records a run that broke, and gives the error that its caller sees, run id inside. */
  async failed(thrown: unknown, signal: AbortSignal | undefined): Promise<InksealError> {
    const error = InksealError.from(signal?.aborted ? cancelReason(signal) : thrown).withRun(this.run);
    if (this.#recorded) return error;
    const status =
      error.code === "cancelled"
        ? "cancelled"
        : error.code === "shutting-down"
          ? "interrupted"
          : refusals.has(error.code)
            ? "blocked"
            : "failed";
    try {
      await this.record(status, undefined, [], error);
    } catch (again) {
      return InksealError.from(again).withRun(this.run);
    }
    return error;
  }

  /** A reader that left before the end still leaves a row. */
  async abandon(): Promise<void> {
    if (!this.#recorded)
      await this.record("cancelled", undefined, [], new InksealError("cancelled", "the reader left")).catch(() => undefined);
  }

  /** Joules measured, when an engine in this process did it (or every one that was tried failed). */
  #energyHere(): number | undefined {
    const joules = this.#measured?.();
    return this.#plan === undefined || this.#plan.engine.inProcess ? joules : undefined;
  }

  #policyOf(brief: Brief): Policy {
    if (brief.task === "moderation" && brief.model === guardModel) return observe; // masked words would look harmless
    const name = this.#context.actor.policy ?? brief.policy ?? defaultPolicy.name;
    const policy = this.#context.ledger.policies.get(name);
    if (policy === undefined)
      throw new InksealError("bad-request", `there is no policy named ${JSON.stringify(name)}`, { param: "policy" });
    return policy;
  }
}

const refusals: ReadonlySet<string> = new Set(["blocked", "held", "unchecked"]);

/** SHA-256, hex, over the canonical JSON of what was asked; files count by their own digest. */
export function briefDigest(brief: Brief): string {
  const asked =
    brief.wire === undefined
      ? { ...brief, files: brief.files.map(({ name, mediaType, bytes }) => ({ name, mediaType, sha256: sha256(bytes) })) }
      : { task: brief.task, wire: brief.wire, files: brief.files.map(({ bytes }) => sha256(bytes)) };
  return sha256(canonicalJson(asked));
}

const sha256 = (data: string | Uint8Array): string => hash("sha256", data);

const wordsOf = (brief: Brief | undefined): unknown =>
  brief && { messages: brief.messages, text: brief.text, texts: brief.texts, suffix: brief.suffix };

function numbersOf(usage: Usage): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, value] of Object.entries(usage)) if (typeof value === "number") numbers[name] = value;
  return numbers;
}
