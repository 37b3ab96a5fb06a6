export type * from "./context.ts";
export { create } from "./create.ts";
export { guardEngine, guardModel } from "./moderation.ts";
export { verify } from "./verify.ts";
