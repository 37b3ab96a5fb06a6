import { type Client, createClient } from "@inkseal/client";
import { InksealError } from "@inkseal/core";
import { askForKey, useSettings } from "./state/settings.ts";

let made: { readonly key: string; readonly client: Client } | undefined;

/** The client of the server that served this page, with the key of the settings. */
export function api(): Client {
  const { key } = useSettings.getState();
  if (made?.key !== key)
    made = { key, client: createClient({ baseUrl: "", source: "studio", key: key === "" ? undefined : key }) };
  return made.client;
}

/** Anything thrown, as an InksealError; a refused key is noted so that the page asks for one. */
export function troubleOf(thrown: unknown): InksealError {
  const trouble = InksealError.from(thrown);
  if (trouble.code === "unauthenticated") askForKey();
  return trouble;
}
