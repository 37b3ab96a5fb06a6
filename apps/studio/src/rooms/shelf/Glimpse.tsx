import type { ArtifactInfo } from "@inkseal/core";
import { useEffect, useRef, useState } from "react";
import { mediumOf } from "../../i18n/format.ts";
import { icons } from "../../parts/icons.tsx";
import { usePiece } from "../../parts/Piece.tsx";
import { usePeaks, Waveform } from "../../parts/Waveform.tsx";

/** Above this a piece is not fetched for its glimpse, bytes. */
const most = 4_000_000;
const windows = { audio: icons.sound, video: icons.film, text: icons.words, other: icons.words, image: icons.picture } as const;

/** A first look at a piece: the picture, the first lines, the shape of the sound. Fetched once it comes into view. */
export function Glimpse({ artifact }: { artifact: ArtifactInfo }) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && setSeen(true), {
      rootMargin: "200px",
    });
    if (place.current !== null) watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  const medium = mediumOf(artifact.mediaType);
  const shown = seen && artifact.size <= most && medium !== "video" && medium !== "other";
  return (
    <div className="glimpse" ref={place} aria-hidden="true">
      {shown ? <Shown artifact={artifact} medium={medium} /> : windows[medium]}
    </div>
  );
}

function Shown({ artifact, medium }: { artifact: ArtifactInfo; medium: "image" | "audio" | "text" }) {
  const { blob, url } = usePiece(artifact.id);
  const peaks = usePeaks(medium === "audio" ? blob : undefined);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (medium === "text") void blob?.slice(0, 1200).text().then(setWords);
  }, [blob, medium]);
  if (medium === "audio") return <Waveform peaks={peaks} />;
  if (medium === "text") return <p>{words}</p>;
  return url === undefined ? windows.image : <img src={url} alt="" />;
}
