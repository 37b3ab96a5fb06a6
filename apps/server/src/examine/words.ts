import type { InksealError } from "@inkseal/core";
import type { EngineTokens, MarkerOptions, Print, Probe } from "@inkseal/mark";

/** What the process that examines files is given when it starts. */
export type ExamineStart = Pick<MarkerOptions, "producer" | "trust" | "timeStampTrust" | "watermarkKey">;

/** What it is asked: one thing at a time. */
export type ExamineAsk =
  | { readonly verb: "start"; readonly options: ExamineStart }
  | { readonly verb: "read"; readonly bytes: Uint8Array }
  | { readonly verb: "look"; readonly bytes: Uint8Array }
  | { readonly verb: "likelihood"; readonly bytes: Uint8Array }
  | { readonly verb: "words"; readonly bytes: Uint8Array; readonly tokens: readonly EngineTokens[] };

/** What it answers to `look`, of each way of looking: a probe holds functions, which no message does. */
export interface SeenApart {
  readonly print: Print;
  readonly asks: Probe["asks"];
}

/** Why a file was not examined to its end. */
export type Unexamined = "time" | "memory" | "crash";

export type ExamineAnswer =
  | { readonly value: unknown }
  | { readonly error: { readonly code: InksealError["code"]; readonly message: string } };
