import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type EnergyMeter, modelledMeter } from "../train/energy.ts";

const zones = "/sys/class/powercap";

/**
 * The machine's own counter (RAPL, all packages; it counts other processes too), or, where it cannot be read (most virtual machines, and
 * Linux without the right), the model of CPU seconds × watts.
 */
export function energyMeter({
  wattsPerCore,
  folder = zones,
}: {
  readonly wattsPerCore?: number;
  readonly folder?: string;
} = {}): EnergyMeter {
  try {
    const packages = readdirSync(folder).filter((name) => /^intel-rapl:\d+$/.test(name));
    if (packages.length > 0) return raplMeter(packages.map((name) => join(folder, name)));
  } catch {
    // no counter here, or no right to read it
  }
  return modelledMeter(() => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }, wattsPerCore);
}

function raplMeter(paths: readonly string[]): EnergyMeter {
  const number = (path: string): number => Number(readFileSync(path, "utf8"));
  const counters = paths.map((path) => ({
    path: join(path, "energy_uj"),
    range: number(join(path, "max_energy_range_uj")),
    last: number(join(path, "energy_uj")),
  }));
  let total = 0;
  return {
    joules() {
      for (const c of counters) {
        const now = number(c.path);
        total += (now >= c.last ? now - c.last : now + c.range - c.last) / 1e6; // the counter wraps around
        c.last = now;
      }
      return total;
    },
    source: `RAPL, ${paths.length} package${paths.length > 1 ? "s" : ""}`,
  };
}
