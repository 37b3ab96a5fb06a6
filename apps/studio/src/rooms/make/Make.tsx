import { useId } from "react";
import { words } from "../../i18n/words.ts";
import { Coded } from "../../parts/Coded.tsx";
import { Progress } from "../../parts/Progress.tsx";
import { Trouble } from "../../parts/Trouble.tsx";
import { editDraft, emptyDraft, setTask, useDrafts } from "../../state/drafts.ts";
import { useLoad } from "../../state/load.ts";
import { readModels, startRun, useMaking } from "../../state/make.ts";
import { inLocale, ownFields } from "../../state/own-controls.ts";
import { useSettings, useT } from "../../state/settings.ts";
import { type MakeTask, modelOf, offeredTasks } from "../../state/tasks.ts";
import { Attachments } from "./Attachments.tsx";
import { ControlFields } from "./Controls.tsx";
import { ModelChoice } from "./ModelChoice.tsx";
import { OwnFields } from "./OwnFields.tsx";
import { Result } from "./Result.tsx";

const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The first room: one brief, a few controls, and the piece as it comes. */
export function Make() {
  const t = useT();
  const { trouble, loading, reload } = useLoad(readModels, []);
  const list = useMaking((s) => s.list);
  const passage = useMaking((s) => s.passage);
  const chosen = useDrafts((s) => s.task);
  const offered = offeredTasks(list?.models ?? []);
  const task = offered.includes(chosen) ? chosen : offered[0];
  return (
    <>
      <header className="room-head">
        <h1>{t(words.make.title)}</h1>
        <p>{t(words.make.lead)}</p>
      </header>
      {trouble !== undefined && <Trouble trouble={trouble} onRetry={reload} />}
      {loading && list === undefined && <Progress label={t(words.app.loading)} />}
      {list !== undefined && task === undefined && (
        <div className="empty">
          <h2>{t(words.make.nothingOffered)}</h2>
          <p>
            <Coded>{t(words.make.nothingOfferedNext)}</Coded>
          </p>
        </div>
      )}
      {task !== undefined && <Desk task={task} offered={offered} />}
      {passage !== undefined && <Result passage={passage} />}
    </>
  );
}

function Desk({ task, offered }: { task: MakeTask; offered: readonly MakeTask[] }) {
  const t = useT();
  const id = useId();
  const draft = useDrafts((s) => s.drafts[task]) ?? emptyDraft;
  const list = useMaking((s) => s.list);
  const models = (list?.models ?? []).filter((m) => m.tasks.includes(task));
  const running = useMaking((s) => s.passage?.phase === "running");
  const locale = useSettings((s) => s.locale);
  const one = modelOf(draft, models);
  const candidates = one === undefined ? models : [one];
  // of several models the note is only honest if it is every one's
  const notes = new Set(candidates.map((m) => m.note));
  const note = notes.size === 1 ? candidates[0]?.note : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void startRun(task);
      }}
    >
      <fieldset>
        <legend className="sr">{t(words.make.task)}</legend>
        <div className="tasks">
          {offered.map((other) => (
            <label key={other}>
              <input type="radio" name="task" value={other} checked={other === task} onChange={() => setTask(other)} />
              {t(words.make.tasks[other])}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="sheet brief">
        <label className="sr" htmlFor={id}>
          {t(words.make.brief)}
        </label>
        <textarea
          id={id}
          rows={4}
          value={draft.text}
          placeholder={t(words.make.placeholder[task])}
          onChange={(event) => editDraft(task, { text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && !event.nativeEvent.isComposing) {
              event.preventDefault();
              void startRun(task);
            }
          }}
        />
        <div className="brief-foot">
          <Attachments task={task} />
          <span className="brief-count num">{draft.text !== "" && t(words.make.characters([...draft.text].length))}</span>
          <div className="brief-go">
            <kbd>{t(words.make.shortcut(mac))}</kbd>
            <button className="button button-main" type="submit" disabled={running || draft.text.trim() === ""}>
              {t(words.make.go[task])}
            </button>
          </div>
        </div>
      </div>
      <div className="tuning">
        <ModelChoice
          models={models}
          value={models.some((m) => m.name === draft.model) ? draft.model : ""}
          onChange={(model) => editDraft(task, { model })}
        />
        <ControlFields task={task} controls={draft.controls} candidates={candidates} />
      </div>
      <OwnFields task={task} fields={ownFields(one?.controls)} values={draft.controls.own ?? {}} />
      {note !== undefined && <p className="honest">{inLocale(note, locale)}</p>}
    </form>
  );
}
