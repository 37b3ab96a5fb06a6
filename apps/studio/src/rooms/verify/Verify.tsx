import type { InksealError, VerifyReport } from "@inkseal/core";
import { useEffect, useId, useRef, useState } from "react";
import { api, troubleOf } from "../../api.ts";
import { words } from "../../i18n/words.ts";
import { Progress } from "../../parts/Progress.tsx";
import { Seal } from "../../parts/Seal.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { useT } from "../../state/settings.ts";
import { Report } from "./Report.tsx";

type Check =
  | { readonly state: "none" }
  | { readonly state: "checking"; readonly file: File }
  | { readonly state: "done"; readonly file: File; readonly report: VerifyReport }
  | { readonly state: "failed"; readonly file: File; readonly trouble: InksealError };

/** Drop or choose a file; see what its marks and the ledger say. */
export function Verify() {
  const t = useT();
  const [check, setCheck] = useState<Check>({ state: "none" });
  const abort = useRef<AbortController>(undefined);
  const [here, setHere] = useState<"off" | "loading" | "on">("off");
  useEffect(() => () => abort.current?.abort(), []);

  const begin = (file: File) => {
    abort.current?.abort();
    const own = new AbortController();
    abort.current = own;
    setCheck({ state: "checking", file });
    const asked =
      here === "off"
        ? api().verify(file, { signal: own.signal })
        : import("../../state/verify-here.ts").then(({ verifyHere }) => verifyHere(file));
    asked.then(
      (report) => own.signal.aborted || setCheck({ state: "done", file, report }),
      (thrown: unknown) => own.signal.aborted || setCheck({ state: "failed", file, trouble: troubleOf(thrown) }),
    );
  };

  /** Everything that is needed is loaded now, so that the network may go. */
  const stayHere = (stay: boolean) => {
    if (!stay) return setHere("off");
    setHere("loading");
    import("../../state/verify-here.ts")
      .then(({ ready }) => ready)
      .then(
        () => setHere("on"),
        () => setHere("off"),
      );
  };

  return (
    <>
      <header className="room-head">
        <h1>{t(words.verify.title)}</h1>
        <p>{t(words.verify.lead)}</p>
      </header>
      <label className="stay-here">
        <input type="checkbox" checked={here !== "off"} onChange={(event) => stayHere(event.target.checked)} />
        <span>
          {t(words.verify.here)}
          <small className="note" aria-live="polite">
            {t(words.verify.hereState[here])}
          </small>
        </span>
      </label>
      {check.state === "done" ? (
        <Report file={check.file} report={check.report}>
          <Chooser onFile={begin} small />
        </Report>
      ) : (
        <Chooser onFile={begin} stays={here === "off"} />
      )}
      {check.state === "checking" && <Progress key={check.file.name} label={t(words.verify.checking(check.file.name))} />}
      {check.state === "failed" && <Trouble trouble={check.trouble} onRetry={() => begin(check.file)} />}
    </>
  );
}

/** A place to drop a file, or (small) a button to choose another. The drop works anywhere on the page. */
function Chooser({ onFile, small = false, stays = false }: { onFile: (file: File) => void; small?: boolean; stays?: boolean }) {
  const t = useT();
  const id = useId();
  const [over, setOver] = useState(false);
  const take = useRef(onFile);
  take.current = onFile;
  useEffect(() => {
    const abort = new AbortController();
    const on = { signal: abort.signal };
    const holdsFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    window.addEventListener(
      "dragover",
      (event) => {
        if (!holdsFile(event)) return;
        event.preventDefault();
        setOver(true);
      },
      on,
    );
    window.addEventListener("dragleave", (event) => event.relatedTarget === null && setOver(false), on);
    window.addEventListener(
      "drop",
      (event) => {
        if (!holdsFile(event)) return;
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) take.current(file);
      },
      on,
    );
    return () => abort.abort();
  }, []);
  const input = (
    <input
      id={id}
      className="sr"
      type="file"
      onChange={(event) => {
        const file = event.target.files?.[0];
        // emptied, so that choosing the same file again is a change
        event.target.value = "";
        if (file !== undefined) onFile(file);
      }}
    />
  );
  if (small)
    return (
      <span className="chooser">
        {input}
        <label className="button" htmlFor={id}>
          {t(words.verify.another)}
        </label>
      </span>
    );
  return (
    <div className={over ? "drop drop-over" : "drop"}>
      <Seal size={48} open={!over} />
      <p className="drop-title">{t(words.verify.drop)}</p>
      <p className="note">{t(words.verify.or)}</p>
      {input}
      <label className="button" htmlFor={id}>
        {t(words.verify.choose)}
      </label>
      {stays && <p className="note">{t(words.verify.stays)}</p>}
      <p className="note">{t(words.verify.absence)}</p>
    </div>
  );
}
