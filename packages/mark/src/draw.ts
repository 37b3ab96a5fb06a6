/** What threads and pages that draw tokens need of this package, without its parsers and certificates: `@inkseal/mark/draw`. */
export { type MarkedDraw, markedDraw } from "./watermark/text/draw.ts";
