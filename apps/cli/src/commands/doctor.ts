import { defineCommand } from "../command.ts";
import { findServer, homeOf } from "../desk/find-server.ts";
import type { Check, Status } from "../doctor/check.ts";
import { checkHouse } from "../doctor/house.ts";
import { checkDisk, checkFilm, checkFolder, checkNode, checkPort, checkSecrets, checkStudio } from "../doctor/machine.ts";
import { exit } from "../exit.ts";
import type { Style } from "../screen/screen.ts";
import { pad, width } from "../screen/width.ts";
import { words } from "../words.ts";
import { doctorWords as w } from "../words-doctor.ts";

const styles: Readonly<Record<Status, Style>> = { ok: "green", note: "dim", missing: "yellow", broken: "red" };

export const doctor = defineCommand({
  summary: words.command.doctor,
  usage: "",
  takes: [0, 0],
  options: {},
  run: async (call) => {
    const { screen, say, env } = call;
    const home = homeOf(call);
    const progress = screen.progress(say(w.checking));
    const checks: Check[] = [];
    try {
      const server = await findServer(home);
      checks.push(checkNode(process.versions.node));
      checks.push(...(await Promise.all([checkFolder(home), checkDisk(home)])));
      // what follows loads the engines and the database; what they throw is a finding as well
      const { loadConfig } = await import("@inkseal/server");
      const { checkLlama, checkOnnx, checkSpeech } = await import("../doctor/engines.ts");
      const { checkLab } = await import("../doctor/lab.ts");
      const { espeakEngine, providersOf } = await import("@inkseal/engines");
      const config = await loadConfig(env, { home }).then(
        (value) => ({ value }),
        (error: Error) => ({ error }),
      );
      if ("error" in config) {
        const detail = { "zh-CN": config.error.message, en: config.error.message };
        checks.push({ id: "config", name: w.name.config, status: "broken", detail, fix: w.config.fix });
      } else {
        const { host, port, providers } = config.value;
        const configured = providersOf(env, providers).map((p) => p.name);
        checks.push({ id: "config", name: w.name.config, status: "ok", detail: w.config.ok(host, port) });
        checks.push(...(await checkHouse(call, server, configured)), await checkPort(host, port, server?.url));
      }
      checks.push(await checkSecrets(home)); // after the house: the first opening makes them
      checks.push(await checkSpeech(espeakEngine(), call.signal));
      const optional = [checkLlama(home), checkOnnx(), checkLab(home), checkFilm(env.PATH), checkStudio()];
      checks.push(...(await Promise.all(optional)));
    } finally {
      progress.done();
    }

    const well = checks.every((c) => c.status !== "broken");
    screen.value({
      ok: well,
      checks: checks.map((c) => ({
        id: c.id,
        status: c.status,
        detail: say(c.detail),
        fix: c.fix === undefined ? null : say(c.fix),
      })),
    });
    const names = Math.max(...checks.map((c) => width(say(c.name))));
    const statuses = Math.max(...checks.map((c) => width(say(w.status[c.status]))));
    for (const c of checks) {
      screen.line(
        `${screen.paint(styles[c.status], pad(say(w.status[c.status]), statuses))}  ${pad(say(c.name), names)}  ${say(c.detail)}`,
      );
      if (c.fix !== undefined)
        screen.line(`${" ".repeat(statuses + names + 4)}${screen.paint("dim", `${say(w.fix)}: ${say(c.fix)}`)}`);
    }
    screen.line();
    screen.line(say(well ? w.allWell : w.notWell));
    return well ? exit.ok : exit.failure;
  },
});
