import { useEffect, useState } from "react";

const bars = 72;
const even: readonly number[] = Array.from({ length: bars }, () => 0.12);

/** Loudest sample of each of `bars` stretches, 0 to 1 of the loudest of all. */
async function peaksOf(blob: Blob): Promise<readonly number[]> {
  const audio = await new OfflineAudioContext(1, 1, 22_050).decodeAudioData(await blob.arrayBuffer());
  const samples = audio.getChannelData(0);
  const stretch = samples.length / bars;
  const peaks = Array.from({ length: bars }, (_, i) => {
    let peak = 0;
    const end = Math.floor((i + 1) * stretch);
    for (let j = Math.floor(i * stretch); j < end; j++) peak = Math.max(peak, Math.abs(samples[j] as number));
    return peak;
  });
  const loudest = Math.max(...peaks, 1e-6);
  return peaks.map((p) => p / loudest);
}

/** The shape of a sound; even while it is not known, or where it cannot be decoded. */
export function usePeaks(blob: Blob | undefined): readonly number[] {
  const [peaks, setPeaks] = useState(even);
  useEffect(() => {
    if (blob === undefined) return;
    let live = true;
    peaksOf(blob).then(
      (p) => live && setPeaks(p),
      () => {}, // even bars remain
    );
    return () => {
      live = false;
    };
  }, [blob]);
  return peaks;
}

/** A sound as bars, red as far as it has been played (0 to 1). */
export function Waveform({ peaks, played = 0 }: { peaks: readonly number[]; played?: number }) {
  return (
    <svg className="waveform" viewBox={`0 0 ${bars * 4} 56`} preserveAspectRatio="none" aria-hidden="true">
      {peaks.map((peak, i) => {
        const height = Math.max(2, peak * 52);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={i}
            className={(i + 0.5) / bars < played ? "played" : undefined}
            x={i * 4 + 0.75}
            y={28 - height / 2}
            width={2.5}
            height={height}
            rx={1.25}
          />
        );
      })}
    </svg>
  );
}
