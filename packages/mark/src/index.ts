export type { AigcField, AigcReading } from "./aigc/field.ts";
export { aigcJson, aigcKeys, parseAigc, producedField } from "./aigc/field.ts";
export type * from "./contract.ts";
export { type Identity, makeIdentity, signerFrom } from "./identity.ts";
export { type CornerLabel, drawCorner, readCorner } from "./label/corner.ts";
export { type MorseFound, morseSamples, readMorse, withMorse } from "./label/morse.ts";
export { labelText, readTextLabel, textLabels } from "./label/text.ts";
export { createMarker, type MarkerOptions } from "./marker.ts";
