import type { Option } from "../command.ts";
import type { Say } from "../locale.ts";
import { type Place, quote } from "./tree.ts";

/** A completion script for zsh: a file named `_inkseal` on fpath, or sourced after compinit. */
export function zshScript(all: readonly Place[], say: Say): string {
  const functions = all.map((place) => {
    const specs = Object.entries(place.options).map(([name, o]) => optionSpec(name, o, say));
    if (place.commands.length > 0) {
      const list = place.commands.map((c) => quote(`${c.name}:${plain(say(c.node.summary))}`)).join(" ");
      const branches = place.commands.map((c) => `        ${c.name}) ${functionName([...place.path, c.name])} ;;`);
      return `${functionName(place.path)}() {
  local state line
  local -a commands=(${list})
  _arguments -C ${specs.join(" ")} '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
${branches.join("\n")}
      esac ;;
  esac
}`;
    }
    const first =
      place.first === "files"
        ? ["'*:file:_files'"]
        : place.first
          ? [quote(`1:task:(${place.first.join(" ")})`), "'*:words:'"]
          : ["'*:argument:'"];
    return `${functionName(place.path)}() {
  _arguments ${[...specs, ...first].join(" ")}
}`;
  });
  return `#compdef inkseal
# zsh completion of inkseal: inkseal completion zsh > ~/.zfunc/_inkseal (with ~/.zfunc on fpath, before compinit)
${functions.join("\n")}
if [[ $funcstack[1] == _inkseal ]]; then _inkseal "$@"; else compdef _inkseal inkseal; fi
`;
}

const functionName = (path: readonly string[]): string => ["_inkseal", ...path].join("_");

function optionSpec(name: string, option: Option, say: Say): string {
  const many = option.kind === "list" ? "*" : "";
  const help = `[${plain(say(option.help))}]`;
  const value = valueSpec(option);
  const long = quote(`${many}--${name}${help}${value}`);
  return option.short === undefined ? long : `${quote(`${many}-${option.short}${help}${value}`)} ${long}`;
}

function valueSpec(option: Option): string {
  if (option.kind === "flag") return "";
  if (option.kind === "choice") return `:value:(${option.of.join(" ")})`;
  if (option.kind === "file" || (option.kind === "list" && option.file === true)) return ":file:_files";
  return ":value: ";
}

/** Words without what means something inside a spec. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, " ");
