import { z } from "zod";
import { Mark } from "./artifact.ts";
import { LedgerRow } from "./row.ts";

/** What one layer of marks says. `absent` proves nothing. */
export const LayerVerdict = z.object({
  layer: Mark.shape.layer,
  method: z.string(),
  status: z.enum(["valid", "invalid", "untrusted", "absent"]),
  /** In words; names the standard's own status code where there is one. */
  detail: z.string(),
  data: z.record(z.string(), z.unknown()).default({}),
});
export type LayerVerdict = z.infer<typeof LayerVerdict>;

/** The answer of `verify`: invalid input is a result, never an exception. */
export const VerifyReport = z.object({
  mediaType: z.string(),
  size: z.int().min(0),
  sha256: z.string(),
  /** `recognised`: a valid mark or a ledger row. `altered`: marks that contradict the bytes. `unknown`: nothing found. */
  verdict: z.enum(["recognised", "altered", "unknown", "unreadable"]),
  /** Class under Article 6 of the Labelling Measures (标识办法): 1 confirmed, 2 possible (可能), 3 suspected (疑似), 0 none. */
  labelClass: z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]),
  layers: z.array(LayerVerdict),
  /** The ledger row of these exact bytes, or of the run that the marks name. */
  row: LedgerRow.optional(),
  /** How the row was found. */
  rowBy: z.enum(["sha256", "mark"]).optional(),
});
export type VerifyReport = z.infer<typeof VerifyReport>;
