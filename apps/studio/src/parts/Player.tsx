import { useEffect, useId, useRef, useState } from "react";
import { formatClock } from "../i18n/format.ts";
import { words } from "../i18n/words.ts";
import { useT } from "../state/settings.ts";
import { icons } from "./icons.tsx";
import { usePeaks, Waveform } from "./Waveform.tsx";

/** Plays a sound; its shape is the slider. Where the sound cannot be decoded for its shape, the bars are even. */
export function Player({ blob, url }: { blob: Blob; url: string }) {
  const t = useT();
  const id = useId();
  const audio = useRef<HTMLAudioElement>(null);
  const peaks = usePeaks(blob);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);

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
        <Waveform peaks={peaks} played={played} />
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
