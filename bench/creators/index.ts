/** The embedded creators' claim: what they make is right, how good their models are, and how fast they are from a cold start. */
import type { Claim, Row } from "../run.ts";

type Options = Parameters<Claim["run"]>[0];

export const run: Claim["run"] = async (options) => {
  const { only } = options;
  const rows: Row[] = [];
  for (const [names, measure] of sections) {
    const wanted = names.filter((name) => only === undefined || only.has(name));
    if (wanted.length === 0) continue;
    rows.push(...(await measure(options)).filter((row) => only === undefined || wanted.includes(row.name)));
  }
  return rows;
};

/** Names of the rows that a measurement gives, and the measurement; loaded only when asked for. */
const sections: readonly (readonly [names: readonly string[], measure: (options: Options) => Promise<readonly Row[]>])[] = [
  [
    ["verse_cold_s", "melody_cold_s", "picture_cold_s", "molecule_cold_s", "code_cold_s", "creators_peak_mib"],
    async (options) => (await import("./cold.ts")).coldStarts(options),
  ],
  [
    [
      ...["verse_form_ok", "verse_tone_opposition", "verse_rhyme", "verse_copied_span", "verse_copied_lines"],
      ...["verse_ppl", "verse_ppl_kn5"],
    ],
    async (options) => (await import("./verse.ts")).verse(options),
  ],
  [
    ["code_exact", "code_exact_left", "code_exact_model", "code_exact_cache", "code_exact_frequent", "code_exact_own"],
    async (options) => (await import("./code.ts")).codeExact(options),
  ],
  [
    ["code_line_p50_ms", "code_line_p95_ms", "code_first_p95_ms"],
    async (options) => (await import("./code.ts")).codeLatency(options),
  ],
  [
    [
      ...["molecule_valid", "molecule_valid_raw", "molecule_unique", "molecule_novel"],
      ...["molecule_qed_error", "molecule_logp_error", "molecule_weight_error"],
    ],
    async (options) => (await import("./molecule.ts")).molecules(options),
  ],
  [["picture_r1", "picture_copy_rate"], async (options) => (await import("./picture.ts")).pictureFigures(options)],
  [["decode_vs_ort"], async (options) => (await import("./decode.ts")).decodeVsOrt(options)],
  [["weights_mib"], async () => (await import("./decode.ts")).weightsMib()],
  [
    ["melody_jsb_nll", "melody_rules_ok", "melody_copied_notes", "melody_parallels"],
    async (options) => (await import("./melody.ts")).melodyRows(options),
  ],
  [
    [
      "film30_s",
      "film_peak_mib",
      "film_sealed_peak_mib",
      "film_psnr_db",
      "film_mb",
      "film_loudness_error_lu",
      "film_caption_error_ms",
    ],
    async (options) => (await import("./film.ts")).film(options),
  ],
  [
    ["table_real_f1", "table_tstr_f1", "anomaly_auc", "anomaly_forest_auc", "anomaly_axes_auc"],
    async (options) => (await import("./table.ts")).tableRows(options),
  ],
];
