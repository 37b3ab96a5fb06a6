import { type Desk, type DeskCall, openDesk } from "../desk/desk.ts";
import type { ServeSign } from "../desk/find-server.ts";
import { doctorWords as w } from "../words-doctor.ts";
import { type Check, reason, verbatim } from "./check.ts";

/** The database, the keys, and whether the `configured` providers answer: through the server when one runs, else by opening the house. */
export async function checkHouse(
  call: DeskCall,
  server: ServeSign | undefined,
  configured: readonly string[],
): Promise<Check[]> {
  let desk: Desk;
  try {
    desk = await openDesk(call);
  } catch (error) {
    return [{ id: "database", name: w.name.database, status: "broken", detail: verbatim(reason(error)), fix: w.database.fix }];
  }
  try {
    const checks: Check[] = [];
    const newest = (await desk.rows({ limit: 1 }))[0]?.seq ?? 0;
    const detail =
      server === undefined
        ? w.database.ok(call.env.INKSEAL_DATABASE_URL ? "PostgreSQL" : "PGlite", newest)
        : w.database.served(server.url, server.pid);
    checks.push({ id: "database", name: w.name.database, status: "ok", detail });
    const live = (await desk.keys()).filter((k) => k.revokedAt === undefined).length;
    checks.push({ id: "keys", name: w.name.keys, status: "ok", detail: live === 0 ? w.keys.none : w.keys.some(live) });
    checks.push(...(await checkProviders(desk, configured, call.signal)));
    return checks;
  } catch (error) {
    return [{ id: "database", name: w.name.database, status: "broken", detail: verbatim(reason(error)), fix: w.database.fix }];
  } finally {
    await desk.close();
  }
}

/** Every provider that is configured or in the cloud: whether it answers. */
async function checkProviders(desk: Desk, configured: readonly string[], signal: AbortSignal): Promise<Check[]> {
  const { models, unavailable } = await desk.models(signal);
  const names = new Set([...configured, ...unavailable.map((u) => u.engine)]);
  for (const m of models) if (m.place === "cloud") names.add(m.engine);
  const checks = [...names].map((engine): Check => {
    const base = { id: `provider:${engine}`, name: w.name.provider(engine) };
    const silent = unavailable.find((u) => u.engine === engine);
    if (silent !== undefined) return { ...base, status: "missing", detail: verbatim(silent.reason), fix: w.provider.fix };
    return { ...base, status: "ok", detail: w.provider.ok(models.filter((m) => m.engine === engine).length) };
  });
  if (checks.length > 0) return checks;
  return [{ id: "providers", name: w.name.providers, status: "note", detail: w.provider.none, fix: w.provider.noneFix }];
}
