import { defaultPolicy, type Policy, PolicySchema } from "@inkseal/core";
import type { Database } from "@inkseal/store";
import type { Policies } from "./contract.ts";

/** Policies in memory, read again by `reload`. A stored `default` stands in for the built-in one until it is deleted. */
export class StoredPolicies implements Policies {
  readonly #db: Database;
  #all = new Map<string, Policy>();

  constructor(db: Database) {
    this.#db = db;
  }

  async reload(): Promise<void> {
    const rows = await this.#db.query<{ policy: string }>("select policy from ledger_policies order by name");
    this.#all = new Map(rows.map((r) => PolicySchema.parse(JSON.parse(r.policy))).map((p) => [p.name, Object.freeze(p)]));
  }

  get(name: string): Policy | undefined {
    return this.#all.get(name) ?? (name === defaultPolicy.name ? defaultPolicy : undefined);
  }

  list(): readonly Policy[] {
    const others = [...this.#all.values()].filter((p) => p.name !== defaultPolicy.name);
    return [this.#all.get(defaultPolicy.name) ?? defaultPolicy, ...others.sort((a, b) => (a.name < b.name ? -1 : 1))];
  }

  async put(policy: Policy): Promise<void> {
    const checked = Object.freeze(PolicySchema.parse(policy));
    await this.#db.query(
      "insert into ledger_policies (name, policy) values ($1, $2) on conflict (name) do update set policy = excluded.policy",
      [checked.name, JSON.stringify(checked)],
    );
    this.#all.set(checked.name, checked);
  }

  async delete(name: string): Promise<boolean> {
    const rows = await this.#db.query("delete from ledger_policies where name = $1 returning name", [name]);
    this.#all.delete(name);
    return rows.length > 0;
  }
}
