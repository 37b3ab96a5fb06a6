/** Energy since the meter was made. */
export interface EnergyMeter {
  joules(): number;
  /** How it is known, for people. */
  readonly source: string;
}

/**
 * A model, where no counter can be read: CPU seconds × watts of a busy core. 8 W is a server core with its share of caches, memory and
 * power supply (a 64-core EPYC of 360 W, and 40 % on top); a laptop's is about half, an old desktop's twice.
 */
export function modelledMeter(cpuSeconds: () => number, wattsPerCore = 8): EnergyMeter {
  const start = cpuSeconds();
  return { joules: () => (cpuSeconds() - start) * wattsPerCore, source: `model: CPU seconds × ${wattsPerCore} W` };
}
