import type { Option } from "../command.ts";
import { type Place, quote } from "./tree.ts";

/** A completion script for bash 4 and later, whole: it asks nothing of the program at run time. */
export function bashScript(all: readonly Place[]): string {
  const steps = all.flatMap((p) =>
    p.commands.map((c) => `      ${quote(`${p.path.join(" ")}:${c.name}`)}) at=${quote([...p.path, c.name].join(" "))} ;;`),
  );
  const values = all.flatMap((p) =>
    Object.entries(p.options).flatMap(([name, o]) => {
      const answer = valueAnswer(o);
      if (answer === undefined) return [];
      const names = [`--${name}`, ...(o.short ? [`-${o.short}`] : [])];
      return `    ${names.map((n) => quote(`${p.path.join(" ")}:${n}`)).join("|")}) ${answer}return ;;`;
    }),
  );
  const offers = all.map((p) => {
    const options = Object.entries(p.options).flatMap(([name, o]) => [`--${name}`, ...(o.short ? [`-${o.short}`] : [])]);
    const names = [...p.commands.map((c) => c.name), ...(Array.isArray(p.first) ? p.first : [])];
    const files = p.first === "files" ? " files=1" : "";
    return `    ${quote(p.path.join(" "))}) options=${quote(options.join(" "))} names=${quote(names.join(" "))}${files} ;;`;
  });
  return `# bash completion of inkseal: eval "$(inkseal completion bash)"
_inkseal() {
  local cur prev at='' word options='' names='' files=''
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at:$word" in
${steps.join("\n")}
    esac
  done
  case "$at:$prev" in
${values.join("\n")}
  esac
  case "$at" in
${offers.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -n $files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$cur")
  fi
}
complete -F _inkseal inkseal
`;
}

/** What to offer after an option; undefined for flags, "" where nothing can be known. */
function valueAnswer(option: Option): string | undefined {
  if (option.kind === "flag") return undefined;
  if (option.kind === "choice") return `mapfile -t COMPREPLY < <(compgen -W ${quote(option.of.join(" "))} -- "$cur"); `;
  if (option.kind === "file" || (option.kind === "list" && option.file === true)) {
    return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); `;
  }
  return "";
}
