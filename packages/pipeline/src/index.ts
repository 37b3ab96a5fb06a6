export type * from "./context.ts";
export { create } from "./create.ts";
export { SharedEnergy } from "./energy.ts";
export { guardEngine, guardModel } from "./moderation.ts";
export { resembling } from "./resemble.ts";
export {
  recordTraining,
  settleTraining,
  type TrainingContext,
  type TrainingEvent,
  type TrainingRecord,
  trainingFile,
} from "./training.ts";
export { verify } from "./verify.ts";
