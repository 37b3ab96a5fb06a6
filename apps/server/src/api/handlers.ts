import type { Handler } from "../route.ts";
import type { ApiRoutes } from "./table.ts";

/** One handler a route of the table, by name. */
export type Handlers = { readonly [K in keyof ApiRoutes]: Handler<ApiRoutes[K]> };
