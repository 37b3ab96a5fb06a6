import type { Group } from "../command.ts";
import { calibrate } from "../lab/calibrate.ts";
import { compress } from "../lab/compress.ts";
import { exportModel } from "../lab/export.ts";
import { generate } from "../lab/generate.ts";
import { info } from "../lab/info.ts";
import { init } from "../lab/init.ts";
import { sample } from "../lab/sample.ts";
import { train } from "../lab/train.ts";
import { words } from "../words.ts";

export const lab: Group = {
  summary: words.command.lab,
  commands: { init, train, info, generate, sample, calibrate, compress, export: exportModel },
};
