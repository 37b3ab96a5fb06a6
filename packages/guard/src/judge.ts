import type { Action, Decision, Finding, Hazard, Policy } from "@inkseal/core";
import type { Hit } from "./scanner.ts";

/** Mildest first. */
const order: readonly Action[] = ["allow", "mask", "rewrite", "hold", "block", "unchecked"];
/** What a policy need not say: a file that is not what it claims to be goes nowhere. */
const builtIn: Readonly<Record<string, Action>> = { "security.media-mismatch": "block" };
/** Findings that a decision keeps; what is found beyond is acted on and not listed, so that memory stays bounded. */
const MAX_FINDINGS = 1000;

/** What `policy` does about a hazard: the rule with the longest matching name that speaks for this stage. */
export function actionFor(policy: Policy, hazard: Hazard, stage: "in" | "out", score: number): Action {
  let best: { readonly length: number; readonly action: Action; readonly minScore: number } | undefined;
  for (const rule of policy.rules) {
    const action = rule[stage];
    if (action === undefined) continue;
    if (rule.hazard !== "*" && rule.hazard !== hazard && !hazard.startsWith(`${rule.hazard}.`)) continue;
    const length = rule.hazard === "*" ? 0 : rule.hazard.length;
    if (best === undefined || length > best.length) best = { length, action, minScore: rule.minScore };
  }
  if (best === undefined) return builtIn[hazard] ?? "allow";
  return score >= best.minScore ? best.action : "allow";
}

/** Collects what is found in one run at one stage, and decides. */
export class Judge {
  readonly policy: Policy;
  readonly stage: "in" | "out";
  readonly #findings: Finding[] = [];
  readonly #faults = new Set<string>();
  readonly #actions = new Map<string, Action>();
  #worst: Action = "allow";
  #because = "";
  #drained = 0;
  #decision: Decision | undefined;

  constructor(policy: Policy, stage: "in" | "out") {
    this.policy = policy;
    this.stage = stage;
  }

  /** The action for a match. */
  actionOf({ hazard, score }: Pick<Hit, "hazard" | "score">): Action {
    const key = `${hazard} ${score}`;
    let action = this.#actions.get(key);
    if (action === undefined) this.#actions.set(key, (action = actionFor(this.policy, hazard, this.stage, score)));
    return action;
  }

  /** The action for a match; remembers the finding. `mediaOnly`: there is no text in which to mask. */
  judge(hit: Hit, where: "text" | "media" = "text"): Action {
    const { hazard, start, end, score, evidence, detector } = hit;
    let action = this.actionOf(hit);
    if (where === "media" && (action === "mask" || action === "rewrite")) action = "block";
    if (this.#findings.length < MAX_FINDINGS) {
      const finding: Finding = { hazard, detector, score: Math.min(1, Math.max(0, score)), stage: this.stage };
      if (where === "text") finding.span = { start, end };
      if (evidence !== undefined) finding.evidence = evidence;
      this.#findings.push(finding);
    }
    if (order.indexOf(action) > order.indexOf(this.#worst)) {
      this.#worst = action;
      this.#because = `${hazard}${evidence === undefined ? "" : ` (${evidence})`} found by ${detector}`;
    }
    this.#decision = undefined;
    return action;
  }

  /** A check did not run. `what` in words: "the detector mail failed". */
  readonly fault = (what: string): void => {
    if (this.#faults.has(what)) return;
    this.#faults.add(what);
    this.#decision = undefined;
  };
  readonly failed = (detector: string): void => this.fault(`the detector ${detector} failed`);

  /** How many findings there are. */
  get found(): number {
    return this.#findings.length;
  }

  /** Whether nothing more may go out. */
  get stopped(): boolean {
    return order.indexOf(this.#worst) >= order.indexOf("hold") || (this.#faults.size > 0 && this.policy.unchecked !== "allow");
  }

  drain(): readonly Finding[] {
    if (this.#drained === this.#findings.length) return none;
    const fresh = this.#findings.slice(this.#drained);
    this.#drained = this.#findings.length;
    return fresh;
  }

  /**
   * Strictest action over all findings. A check that did not run makes it `unchecked`, the strictest of all; where
   * the policy allows that in writing, `unchecked` stands only when nothing else was found to act on.
   */
  decision(): Decision {
    return (this.#decision ??= this.#decide());
  }

  #decide(): Decision {
    const unchecked = this.#faults.size > 0 && (this.policy.unchecked !== "allow" || this.#worst === "allow");
    const action = unchecked ? "unchecked" : this.#worst;
    const faults = [...this.#faults].join("; ");
    const found = order.indexOf(this.#worst) >= order.indexOf("hold") ? this.#because : "";
    const reason = [found, faults].filter((s) => s !== "").join("; ");
    return {
      kind: "decision",
      version: 1,
      action,
      findings: [...this.#findings],
      policy: this.policy.name,
      ...(reason !== "" && { reason }),
    };
  }
}

const none: readonly Finding[] = Object.freeze([]);
