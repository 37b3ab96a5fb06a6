import type { KeyJson } from "@inkseal/client";
import { defaultPolicy, InksealError } from "@inkseal/core";
import type { KeyInfo } from "@inkseal/ledger";
import type { z } from "zod";
import type { House } from "../house.ts";
import type { Handlers } from "./handlers.ts";

type Names = "listPolicies" | "getPolicy" | "putPolicy" | "deletePolicy" | "listKeys" | "createKey" | "revokeKey";

/** What the keeper of a house does: policies and keys. */
export function keepingHandlers({ ledger: { policies, keys } }: House): Pick<Handlers, Names> {
  return {
    listPolicies: async () => ({ policies: [...policies.list()] }),
    getPolicy: async ({ params }) => {
      const policy = policies.get(params.name);
      if (policy === undefined) throw new InksealError("not-found", "no policy has that name", { param: "name" });
      return { policy };
    },
    putPolicy: async ({ params, body }) => {
      if (body.name !== undefined && body.name !== params.name)
        throw new InksealError("bad-request", "name: not the name in the address", { param: "name" });
      const policy = { ...body, name: params.name };
      await policies.put(policy);
      return { policy };
    },
    deletePolicy: async ({ params }) => {
      if (params.name === defaultPolicy.name)
        throw new InksealError("conflict", "the policy `default` cannot be deleted; put another in its place", {
          param: "name",
        });
      if (!(await policies.delete(params.name)))
        throw new InksealError("not-found", "no policy has that name", { param: "name" });
      return undefined;
    },
    listKeys: async () => ({ keys: (await keys.list()).map(keyJson) }),
    createKey: async ({ body, reply }) => {
      if (body.policy !== undefined && policies.get(body.policy) === undefined)
        throw new InksealError("bad-request", "policy: there is none of that name", { param: "policy" });
      const { key, secret } = await keys.create(body);
      reply.header("cache-control", "no-store");
      return { key: keyJson(key), secret };
    },
    revokeKey: async ({ params }) => {
      if (!(await keys.revoke(params.id))) throw new InksealError("not-found", "no key in use has that id", { param: "id" });
      return undefined;
    },
  };
}

const keyJson = (key: KeyInfo): z.input<typeof KeyJson> => ({
  ...key,
  scopes: [...key.scopes],
  models: key.models && [...key.models],
});
