// A training's process: plain JavaScript that loads tsx, then the TypeScript that trains. Started by `trainApart`.
import { register } from "tsx/esm/api";

register();
await import("./training-child.ts");
