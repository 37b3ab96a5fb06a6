export { nodePlace, weightsFolder } from "./place.ts";
