import { join } from "node:path";
import { homeOf } from "../desk/find-server.ts";

/** Where this machine's models lie. A server's models are those of its own machine's home. */
export const modelsFolder = (call: Parameters<typeof homeOf>[0]): string => join(homeOf(call), "models");
