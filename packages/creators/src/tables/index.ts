import type { Creator } from "../creator.ts";
import { controlsSchema } from "../own-controls.ts";
import { TableControls, type TableJob, tableJob } from "./job.ts";
import { tableMaker } from "./maker.ts";
import { xlsxType } from "./xlsx.ts";

/** Synthetic rows of the user's own table, and scores of its unusual rows. It has no weights: it learns from the file that comes with the brief. */
export const tables: Creator<TableJob> = {
  name: "tables",
  tasks: ["completion", "chat"],
  models: [
    {
      id: "inkseal-tables",
      tasks: ["completion", "chat"],
      narrow: true,
      controls: controlsSchema(TableControls),
      languages: ["zh", "en"],
      formats: ["text/csv", xlsxType],
      licence: "Apache-2.0; what it learns is the user's own",
      note: "Learns a CSV table (TVAE or CTGAN) and makes new rows like it, with a privacy report; or scores its unusual rows. Some hundred rows at least; relations between columns are kept in part. / 由 CSV 表生成合成数据并附隐私报告，或给异常行打分。",
    },
  ],
  ignores: ["n", "temperature", "topP", "maxTokens", "stop", "schema", "grammar", "tools", "style"],
  jobOf: tableJob,
  open: async (place) => tableMaker(place),
};
