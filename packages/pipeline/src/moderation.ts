import { type Engine, InksealError, type Plan, type Policy, PolicySchema } from "@inkseal/core";
import type { Guard } from "@inkseal/guard";

/** Full name of the guard's model. */
export const guardModel = "guard/inkseal-guard";

/** Sees everything and acts on nothing: a moderation call asks what is there, and its words stay in the house. */
export const observe: Policy = PolicySchema.parse({ name: "observe", rules: [{ hazard: "*", in: "allow", out: "allow" }] });

/**
 * The house's guard as an engine, so that `POST /v1/moderations` works on a fresh machine and is recorded like any
 * run. Scores are the detectors'; `categories` are hazards (`pii.email` …), not OpenAI's.
 */
export function guardEngine(guard: Guard): Engine {
  return {
    name: "guard",
    place: "embedded",
    inProcess: true,
    tasks: ["moderation"],
    models: async () => [
      {
        id: "inkseal-guard",
        tasks: ["moderation"],
        note: "Finds personal data by rule: mail, phone, identity and card numbers, IP addresses. Not a judge of tone or intent.",
      },
    ],
    async *generate(plan: Plan, signal: AbortSignal) {
      const texts = plan.brief.texts ?? (plan.brief.text === undefined ? [] : [plan.brief.text]);
      if (texts.length === 0) throw new InksealError("bad-request", "input: nothing to look at", { param: "input" });
      const results = [];
      for (const text of texts) {
        const { decision } = await guard.check(
          { ...plan.brief, text, texts: undefined, messages: undefined, wire: undefined },
          observe,
          signal,
        );
        const categories: Record<string, boolean> = {};
        const category_scores: Record<string, number> = {};
        for (const { hazard, score } of decision.findings) {
          categories[hazard] = true;
          category_scores[hazard] = Math.max(score, category_scores[hazard] ?? 0);
        }
        results.push({ flagged: decision.findings.length > 0, categories, category_scores });
      }
      yield [{ index: 0, json: { id: `modr-${plan.model}`, model: plan.model, results }, finish: "stop" }];
    },
  };
}
