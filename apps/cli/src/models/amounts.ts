import { sizeOf } from "../make/summary.ts";

/** `1.2/4.7 GB`: both in the unit of the whole. Without a whole: `1.2 GB`. */
export function amountOf(bytes: number, total: number | undefined): string {
  if (total === undefined) return sizeOf(bytes);
  const whole = sizeOf(total);
  const [number = "0", unit = "B"] = whole.split(" ");
  const scale = Number(number) === 0 ? 1 : total / Number(number);
  return `${(bytes / scale).toFixed(number.includes(".") ? 1 : 0)}/${whole.replace(/ .*/, "")} ${unit}`;
}

/** Seconds as `0:07`, `12:05`, `3:04:05`. */
export function clockOf(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(s / 60);
  return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}
