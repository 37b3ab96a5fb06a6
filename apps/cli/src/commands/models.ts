import type { Group } from "../command.ts";
import { list } from "../models/list.ts";
import { pull } from "../models/pull.ts";
import { remove } from "../models/remove.ts";
import { words } from "../words.ts";

export const models: Group = { summary: words.command.models, commands: { list, pull, remove } };
