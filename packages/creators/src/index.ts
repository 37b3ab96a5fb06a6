export type { Creator, Cutter, Maker, Place, TokenDraw } from "./creator.ts";
export { creatorOf, creators } from "./creators.ts";
export { controlsSchema, ownControls } from "./own-controls.ts";
export { tables } from "./tables/index.ts";
