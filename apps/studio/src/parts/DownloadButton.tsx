import type { ArtifactInfo, InksealError } from "@inkseal/core";
import { useState } from "react";
import { troubleOf } from "../api.ts";
import { words } from "../i18n/words.ts";
import { useT } from "../state/settings.ts";
import { download } from "./Piece.tsx";
import { Trouble } from "./Trouble.tsx";

export function DownloadButton({ artifact }: { artifact: ArtifactInfo }) {
  const t = useT();
  const [trouble, setTrouble] = useState<InksealError>();
  const save = () => {
    setTrouble(undefined);
    download(artifact).catch((thrown: unknown) => setTrouble(troubleOf(thrown)));
  };
  return (
    <>
      <button className="button" type="button" onClick={save}>
        {t(words.shelf.download)}
      </button>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={save} />}
    </>
  );
}
