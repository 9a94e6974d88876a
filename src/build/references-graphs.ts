import { isDerivationPath } from '../formats/derivation.ts';
import {
  type ClosureEntry,
  describeClosure,
  formatReferencesGraph,
} from '../formats/references-graph.ts';
import { pathInside, type StorePath } from '../formats/store-path.ts';
import { closureOf } from '../store/closure.ts';
import { findPathInfo } from '../store/path-info.ts';
import type { Store } from '../store/store.ts';
import type { DerivationOptions } from './derivation-options.ts';
import { badAttribute, notAnInput } from './errors.ts';

const FILE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** What `exportReferencesGraph` tells a builder: texts by file name, and closures by key of structured attributes. */
export interface ReferencesGraphs {
  readonly texts: ReadonlyMap<string, string>;
  readonly structured: ReadonlyMap<string, readonly ClosureEntry[]>;
}

export function referencesGraphs(
  store: Store,
  name: string,
  { options, inputs }: { options: DerivationOptions; inputs: readonly StorePath[] },
): ReferencesGraphs {
  const texts = new Map<string, string>();
  const structured = new Map<string, readonly ClosureEntry[]>();
  const known = new Set<string>(inputs);
  for (const [file, wanted] of options.exportReferencesGraph) {
    const starts = wanted.map(text => {
      const path = pathInside(store.layout.storeDir, text);
      if (path === undefined || !known.has(path)) throw notAnInput(text);
      return path;
    });
    const nodes = describedClosure(store, starts);
    if (options.structured !== undefined) structured.set(file, describeClosure(nodes));
    else if (FILE_NAME.test(file)) texts.set(file, formatReferencesGraph(nodes));
    else throw badAttribute(name, `invalid file name '${file}' in 'exportReferencesGraph'`);
  }
  return { texts, structured };
}

/** A closure with derivations in it includes the closures of their outputs. */
function describedClosure(store: Store, starts: readonly StorePath[]) {
  const members = closureOf(store.db, starts).map(({ path }) => path);
  const outputs = members
    .filter(isDerivationPath)
    .flatMap(path => [...store.derivations.get(path).outputs.values()])
    .flatMap(({ path }) => (path !== undefined && store.isValid(path) ? [path] : []));
  const all =
    outputs.length === 0
      ? members
      : closureOf(store.db, [...members, ...outputs]).map(({ path }) => path);
  return all.flatMap(path => {
    const info = findPathInfo(store.db, path);
    return info === undefined ? [] : [{ path, ...info }];
  });
}
