import {
  type Artifact,
  type Brief,
  type BriefInput,
  type Chunk,
  type Cleared,
  InksealError,
  type MediaPart,
  parseBrief,
  type RunEvent,
} from "@inkseal/core";
import { candidates } from "@inkseal/engines";
import type { Gate } from "@inkseal/guard";
import { type Opened, openFirst } from "./attempt.ts";
import type { Context } from "./context.ts";
import { Deadline } from "./deadline.ts";
import { Draft } from "./draft.ts";
import { Passage } from "./passage.ts";

/**
 * The way of the data, top to bottom: brief → guard(in) → plan → engine → guard(out) → mark → ledger → deliver.
 *
 * Pull-based: a reader that stops pulling stops the engine; leaving the loop cancels the run and records it so.
 * The last content (everything from the first finish on, and every artifact) is yielded only after the run's
 * ledger row is durable. Never throws: what goes wrong is the last event, `failed`, with a row of its own.
 */
export async function* create(input: BriefInput, context: Context): AsyncGenerator<RunEvent, void, undefined> {
  const passage = new Passage(context);
  let deadline: Deadline | undefined;
  let opened: Opened | undefined;
  try {
    const brief = Object.isFrozen(input) ? (input as Brief) : parseBrief(input);
    passage.begin(brief);
    deadline = new Deadline(brief.deadlineMs ?? context.deadlineMs, context.signal);

    // guard(in)
    const checked = await context.guard.check(brief, passage.policy, deadline.signal);
    passage.decided(checked.decision);
    if (checked.decision.findings.length > 0) yield { type: "findings", findings: checked.decision.findings };
    passage.stopIfRefused(checked.decision);

    // plan, engine
    const plans = await candidates(checked.brief, context.engines, passage.policy, {
      models: context.actor.models,
      signal: deadline.signal,
      wordMark: passage.policy.marks.watermark ? context.marker.wordMark : undefined,
    });
    await passage.measure(plans);
    opened = await openFirst(plans, deadline.signal, passage.attempts);
    passage.planned(opened.plan);
    yield {
      type: "started",
      run: passage.run,
      engine: opened.plan.engine.name,
      model: opened.plan.model,
      warnings: opened.plan.warnings,
    };

    // guard(out), streaming: what the gate clears goes on at once, up to the first finish
    const gate = context.guard.open(passage.policy);
    const draft = new Draft(brief);
    const held: Cleared<Chunk>[] = [];
    for (let batch = opened.first; batch !== undefined; batch = await opened.next()) {
      deadline.signal.throwIfAborted(); // an engine that does not listen is stopped between batches
      const media = batch.some((c) => c.media !== undefined) ? batch.filter((c) => c.media !== undefined) : [];
      for (const chunk of media) draft.addMedia(chunk.index, chunk.media as MediaPart);
      const cleared = gate.push(media.length > 0 ? batch.map(withoutMedia) : batch);
      const now = release(cleared, held, draft);
      passage.used(batch);
      yield* report(gate, passage, batch);
      passage.stopIfRefused(gate.decision());
      if (now.length > 0) {
        passage.firstContent();
        yield { type: "delta", chunks: now };
      }
    }
    release(gate.end(), held, draft, true);
    yield* report(gate, passage, []);
    passage.stopIfRefused(gate.decision());

    // mark: every finished file is sealed; words become a file only when they are to be kept
    const artifacts: Artifact[] = [];
    for (const part of draft.files()) {
      const cleared = await gate.media(part, deadline.signal);
      yield* report(gate, passage, []);
      passage.stopIfRefused(gate.decision());
      if (cleared === undefined) throw new InksealError("unchecked", "a file could not be checked");
      passage.firstContent();
      const provenance = { ...passage.provenance(draft), lead: leadOf(artifacts) };
      artifacts.push(await context.marker.seal(cleared, passage.policy, provenance));
    }

    // ledger, then deliver
    for (const artifact of artifacts) if (artifact.trace !== undefined) await context.ledger.traces.put(artifact);
    if (brief.keep !== false)
      for (const artifact of artifacts)
        await context.ledger.artifacts.put(artifact, passage.now(), draft.title(passage.policy));
    const row = await passage.record("done", draft, artifacts);
    if (held.length > 0) yield { type: "delta", chunks: held };
    for (const artifact of artifacts) yield { type: "artifact", artifact };
    const warnings = artifacts.flatMap((artifact) => artifact.warnings ?? []);
    yield {
      type: "finished",
      run: passage.run,
      row,
      usage: passage.usage,
      decision: passage.decision,
      ...(warnings.length > 0 && { warnings }),
    };
  } catch (thrown) {
    yield { type: "failed", run: passage.run, error: await passage.failed(thrown, deadline?.signal) };
  } finally {
    deadline?.clear();
    await opened?.close();
    await passage.abandon();
  }
}

/** Seconds that labels at the head have added to what was made so far. */
function leadOf(artifacts: readonly Artifact[]): number {
  let seconds = 0;
  for (const { data } of artifacts.flatMap((a) => a.marks))
    if (data?.where === "head" && typeof data.seconds === "number") seconds += data.seconds;
  return seconds;
}

const withoutMedia = (chunk: Chunk): Chunk => (chunk.media === undefined ? chunk : { ...chunk, media: undefined });

/** Puts what may go now in the answer and the rest (from the first finish on) in `held`. */
function release(
  cleared: readonly Cleared<Chunk>[],
  held: Cleared<Chunk>[],
  draft: Draft,
  last = false,
): readonly Cleared<Chunk>[] {
  for (const chunk of cleared) draft.addText(chunk);
  if (!last && held.length === 0 && !cleared.some((c) => c.finish !== undefined)) return cleared;
  const now: Cleared<Chunk>[] = [];
  for (const chunk of cleared) {
    if (last || held.length > 0 || chunk.finish !== undefined) held.push(chunk);
    else now.push(chunk);
  }
  return now;
}

function* report(gate: Gate, passage: Passage, batch: readonly Chunk[]): Generator<RunEvent> {
  const findings = gate.drain();
  if (findings.length > 0) yield { type: "findings", findings };
  passage.decided(gate.decision());
  for (const chunk of batch) if (chunk.progress !== undefined) yield { type: "progress", ...chunk.progress };
}
