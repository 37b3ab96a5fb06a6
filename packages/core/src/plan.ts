import type { Brief } from "./brief.ts";
import type { Engine } from "./engine.ts";

/** Which engine makes the brief, with which settings. */
export interface Plan {
  readonly kind: "plan";
  readonly version: 1;
  /** The guarded brief. */
  readonly brief: Brief;
  readonly engine: Engine;
  /** The engine's own name of the model. */
  readonly model: string;
  readonly seed: number | undefined;
  /** Wishes that this engine cannot honour, and other things the user should know. */
  readonly warnings: readonly string[];
}
