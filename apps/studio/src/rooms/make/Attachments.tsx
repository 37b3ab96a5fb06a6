import { useRef } from "react";
import { words } from "../../i18n/words.ts";
import { attach, detach, useAttachments } from "../../state/attachments.ts";
import { useT } from "../../state/settings.ts";
import type { MakeTask } from "../../state/tasks.ts";

const none: readonly File[] = [];

/** The files that go along with the brief. */
export function Attachments({ task }: { task: MakeTask }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const files = useAttachments((all) => all[task]) ?? none;
  return (
    <span className="attachments">
      <button className="button button-quiet" type="button" onClick={() => input.current?.click()}>
        {t(words.make.attach)}
      </button>
      <input
        ref={input}
        className="sr"
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t(words.make.attach)}
        onChange={(event) => {
          attach(task, event.target.files ?? []);
          event.target.value = "";
        }}
      />
      {files.map((file) => (
        <button
          key={`${file.name} ${file.size} ${file.lastModified}`}
          className="attachment"
          type="button"
          aria-label={t(words.make.detach(file.name))}
          onClick={() => detach(task, file)}
        >
          {file.name} ×
        </button>
      ))}
    </span>
  );
}
