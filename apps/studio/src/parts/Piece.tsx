import { type ArtifactInfo, extensionOf } from "@inkseal/core";
import { useEffect, useState } from "react";
import { api } from "../api.ts";
import { mediumOf } from "../i18n/format.ts";
import { words } from "../i18n/words.ts";
import { useLoad } from "../state/load.ts";
import { useT } from "../state/settings.ts";
import { Player } from "./Player.tsx";
import { saveBlob } from "./save-blob.ts";
import { Trouble } from "./Trouble.tsx";

/** The bytes of an artifact as an address this page may show. Fetched by the client, so that a key goes along. */
export function usePiece(id: string): { blob?: Blob; url?: string } & Omit<ReturnType<typeof useLoad<Blob>>, "value"> {
  const { value: blob, ...rest } = useLoad((signal) => api().artifacts.bytes(id, { signal }), [id]);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (blob === undefined) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => {
      setUrl(undefined);
      URL.revokeObjectURL(made);
    };
  }, [blob]);
  return { blob, url, ...rest };
}

/** A finished piece as it is: picture, player, film or words. */
export function Piece({ artifact }: { artifact: ArtifactInfo }) {
  const t = useT();
  const { blob, url, trouble, reload } = usePiece(artifact.id);
  const medium = mediumOf(artifact.mediaType);
  if (trouble !== undefined) return <Trouble trouble={trouble} onRetry={reload} />;
  if (blob === undefined || url === undefined) return <p className="note piece-loading">{t(words.app.loading)}</p>;
  const name = artifact.title ?? t(words.terms.medium[medium]);
  if (medium === "image") return <img className="picture" src={url} alt={name} />;
  if (medium === "audio") return <Player blob={blob} url={url} />;
  // biome-ignore lint/a11y/useMediaCaption: nothing is spoken that the brief does not say
  if (medium === "video") return <video className="picture" src={url} controls aria-label={name} />;
  if (medium === "text") return <Words blob={blob} />;
  return <p className="note">{t(words.shelf.noPreview)}</p>;
}

function Words({ blob }: { blob: Blob }) {
  const [text, setText] = useState("");
  useEffect(() => {
    void blob.text().then(setText);
  }, [blob]);
  return <div className="words">{text}</div>;
}

/** A file name that says what it is: `inkseal-01kx….wav`. */
export function fileName(artifact: ArtifactInfo): string {
  return `inkseal-${artifact.id.slice(artifact.id.indexOf("_") + 1)}.${extensionOf(artifact.mediaType)}`;
}

/** Saves an artifact to the reader's disk. */
export async function download(artifact: ArtifactInfo): Promise<void> {
  saveBlob(await api().artifacts.bytes(artifact.id), fileName(artifact));
}
