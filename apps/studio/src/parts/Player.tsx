import { useEffect, useId, useRef, useState } from "react";
import { formatClock } from "../i18n/format.ts";
import { words } from "../i18n/words.ts";
import { useT } from "../state/settings.ts";
import { icons } from "./icons.tsx";

const bars = 72;

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

/** Plays a sound; its shape is the slider. Where the sound cannot be decoded for its shape, the bars are even. */
export function Player({ blob, url }: { blob: Blob; url: string }) {
  const t = useT();
  const id = useId();
  const audio = useRef<HTMLAudioElement>(null);
  const [peaks, setPeaks] = useState<readonly number[]>(() => Array.from({ length: bars }, () => 0.12));
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);

  useEffect(() => {
    let live = true;
    peaksOf(blob).then(
      (p) => live && setPeaks(p),
      () => {}, // even bars remain
    );
    return () => {
      live = false;
    };
  }, [blob]);
  useEffect(() => {
    if (!playing) return;
    let frame = requestAnimationFrame(function follow() {
      setAt(audio.current?.currentTime ?? 0);
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);

  const played = length > 0 ? at / length : 0;
  return (
    <div className="player">
      {/* biome-ignore lint/a11y/useMediaCaption: the words spoken are the brief itself, shown beside */}
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onLoadedMetadata={(event) => setLength(event.currentTarget.duration)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setAt(0)}
      />
      <button
        className="player-button"
        type="button"
        aria-label={t(playing ? words.shelf.pause : words.shelf.play)}
        onClick={() => (playing ? audio.current?.pause() : void audio.current?.play())}
      >
        {playing ? icons.pause : icons.play}
      </button>
      <div className="player-wave">
        <svg viewBox={`0 0 ${bars * 4} 56`} preserveAspectRatio="none" aria-hidden="true">
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
        <label className="sr" htmlFor={id}>
          {t(words.shelf.position)}
        </label>
        <input
          id={id}
          type="range"
          min={0}
          max={length || 1}
          step={0.01}
          value={at}
          aria-valuetext={`${formatClock(at)} / ${formatClock(length)}`}
          onChange={(event) => {
            const to = Number(event.target.value);
            if (audio.current !== null) audio.current.currentTime = to;
            setAt(to);
          }}
        />
      </div>
      <span className="player-time">
        {formatClock(at)} / {formatClock(length)}
      </span>
    </div>
  );
}
