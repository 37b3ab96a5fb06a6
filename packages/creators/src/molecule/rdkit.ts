/** The chemistry: RDKit (BSD-3-Clause) compiled to WebAssembly, loaded when the first molecule is asked for. */
import type { MainModule, Mol } from "@rdkit/rdkit";

export type Rdkit = MainModule;
export type { Mol };

let loaded: Promise<Rdkit> | undefined;

/** RDKit, once for this thread. `wasm` gives the bytes of RDKit_minimal.wasm where it does not lie beside its script, as in a bundled page. */
export function openRdkit(wasm?: () => Promise<Uint8Array>): Promise<Rdkit> {
  loaded ??= (async () => {
    // a CommonJS module, whose types say that it is none
    const start = (await import("@rdkit/rdkit")).default as unknown as (options: object) => Promise<Rdkit>;
    const rdkit = await start(wasm === undefined ? {} : { wasmBinary: await wasm() });
    // it would write every SMILES that it cannot read to the console
    rdkit.disable_logging();
    return rdkit;
  })();
  loaded.catch(() => {
    loaded = undefined;
  });
  return loaded;
}

/** Reads a SMILES, gives the molecule to `use`, and frees it. Undefined when RDKit finds it invalid: syntax, valences, aromatic rings. */
export function withMol<T>(rdkit: Rdkit, smiles: string, use: (mol: Mol) => T): T | undefined {
  const mol = rdkit.get_mol(smiles);
  if (mol === null) return undefined;
  try {
    return mol.is_valid() ? use(mol) : undefined;
  } finally {
    mol.delete();
  }
}

const kekule = JSON.stringify({ doKekule: true, doIsomericSmiles: false });
const flat = JSON.stringify({ doIsomericSmiles: false });
/** Canonical, without stereo marks. */
export const canonicalOf = (mol: Mol): string => mol.get_smiles(flat);
/** The same with single and double bonds in place of aromatic ones: what the model reads and writes. */
export const kekuleOf = (mol: Mol): string => mol.get_smiles(kekule);

/** Query molecules of SMARTS, made once a thread. */
export class Patterns {
  readonly #queries: readonly Mol[];
  constructor(rdkit: Rdkit, smarts: readonly string[]) {
    this.#queries = smarts.map((one) => {
      const query = rdkit.get_qmol(one);
      if (query === null) throw new RangeError(`RDKit cannot read the SMARTS ${one}`);
      return query;
    });
  }
  /** Numbers of the patterns that the molecule has. */
  in(mol: Mol): number[] {
    return this.#queries.flatMap((query, i) => (mol.get_substruct_match(query) === "{}" ? [] : [i]));
  }
  /** How often pattern `which` is found. */
  count(mol: Mol, which: number): number {
    const found = JSON.parse(mol.get_substruct_matches(this.#queries[which]!)) as unknown[] | object;
    return Array.isArray(found) ? found.length : 0;
  }
}
