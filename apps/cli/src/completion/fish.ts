import type { Say } from "../locale.ts";
import { type Place, quote } from "./tree.ts";

/** A completion script for fish: `inkseal completion fish > ~/.config/fish/completions/inkseal.fish`. */
export function fishScript(all: readonly Place[], say: Say): string {
  const lines = all.flatMap((place) => {
    const here = `-n ${quote(`__inkseal_at ${place.path.join(" ")}`.trim(), "fish")}`;
    return [
      ...place.commands.map((c) => `complete -c inkseal -f ${here} -a ${c.name} -d ${quote(say(c.node.summary), "fish")}`),
      ...(Array.isArray(place.first) ? [`complete -c inkseal -f ${here} -a ${quote(place.first.join(" "), "fish")}`] : []),
      ...(place.first === "files" ? [`complete -c inkseal -F ${here}`] : []),
      ...Object.entries(place.options).map(([name, o]) => {
        const short = o.short ? ` -s ${o.short}` : "";
        const file = o.kind === "file" || (o.kind === "list" && o.file === true);
        const value =
          o.kind === "flag" ? "" : o.kind === "choice" ? ` -x -a ${quote(o.of.join(" "), "fish")}` : file ? " -r -F" : " -x";
        return `complete -c inkseal ${here} -l ${name}${short}${value} -d ${quote(say(o.help), "fish")}`;
      }),
    ];
  });
  const names = (place: Place): string => place.commands.map((c) => c.name).join(" ");
  const groups = all.filter((p) => p.path.length > 0 && p.commands.length > 0);
  return `# fish completion of inkseal
# true when the words before the cursor stand at the given place of the command tree
function __inkseal_at
    set -l given (string match -v -- '-*' (commandline -opc))[2..-1]
    set -l at
    if set -q given[1]; and contains -- $given[1] ${names(all[0]!)}
        set at $given[1]
        switch $given[1]
${groups.map((p) => `            case ${p.path.join(" ")}\n                set -q given[2]; and contains -- $given[2] ${names(p)}; and set -a at $given[2]`).join("\n")}
        end
    end
    test "$at" = "$argv"
end
${lines.join("\n")}
`;
}
