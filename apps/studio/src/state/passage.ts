import type { ClientEvent } from "@inkseal/client";
import type { ArtifactInfo, Finding, InksealError, LedgerRow, Usage } from "@inkseal/core";
import type { MakeTask } from "./tasks.ts";

/** One run as the Make room sees it, from the click to the sealed piece. */
export interface Passage {
  readonly phase: "running" | "done" | "failed" | "cancelled";
  readonly task: MakeTask;
  readonly run?: string;
  readonly engine?: string;
  readonly model?: string;
  readonly warnings: readonly string[];
  readonly text: string;
  readonly reasoning: string;
  readonly fraction?: number;
  readonly note?: string;
  readonly findings: readonly Finding[];
  readonly artifacts: readonly ArtifactInfo[];
  readonly decision?: Extract<ClientEvent, { type: "finished" }>["decision"];
  readonly usage?: Usage;
  readonly row?: LedgerRow;
  readonly trouble?: InksealError;
}

export const begin = (task: MakeTask): Passage => ({
  phase: "running",
  task,
  warnings: [],
  text: "",
  reasoning: "",
  findings: [],
  artifacts: [],
});

/** The passage after one more event of the stream. Pure; events after the end change nothing. */
export function advance(passage: Passage, event: ClientEvent): Passage {
  if (passage.phase !== "running") return passage;
  switch (event.type) {
    case "started":
      return { ...passage, run: event.run, engine: event.engine, model: event.model, warnings: event.warnings };
    case "delta": {
      let { text, reasoning } = passage;
      for (const chunk of event.chunks) {
        // further choices (n > 1) are not asked for by this room
        if (chunk.index !== 0) continue;
        text += chunk.text ?? "";
        reasoning += chunk.reasoning ?? "";
      }
      return { ...passage, text, reasoning };
    }
    case "progress":
      return { ...passage, fraction: event.fraction ?? passage.fraction, note: event.note ?? passage.note };
    case "findings":
      return { ...passage, findings: [...passage.findings, ...event.findings] };
    case "artifact":
      return { ...passage, artifacts: [...passage.artifacts, event.artifact] };
    case "finished":
      return {
        ...passage,
        phase: "done",
        run: event.run,
        row: event.row,
        usage: event.usage,
        decision: event.decision,
        warnings: [...passage.warnings, ...(event.warnings ?? [])],
        findings: event.decision.findings,
      };
    case "failed":
      return { ...passage, phase: "failed", run: event.run, trouble: event.error.withRun(event.run) };
  }
}
