import type { DerivedPath } from '../../formats/derived-path.ts';
import type { StorePath } from '../../formats/store-path.ts';
import * as protocol from '../../protocol/ops/substitution.ts';
import type { Store } from '../../store/store.ts';
import { defineOp } from '../op.ts';

/** What could be had without building: nothing, as long as this daemon uses no binary caches. */
export const substitution = [
  defineOp(protocol.hasSubstitutes, () => false),
  defineOp(protocol.querySubstitutablePathInfo, () => undefined),
  defineOp(protocol.querySubstitutablePathInfos, () => new Map()),
  defineOp(protocol.querySubstitutablePaths, () => []),
  defineOp(protocol.queryMissing, ({ store }, wanted) => findMissing(store, wanted)),
];

type Need = 'nothing' | 'unknown' | { readonly inputs: readonly DerivedPath[] };

/** What building `wanted` would take, inputs included. */
function findMissing(store: Store, wanted: readonly DerivedPath[]): protocol.Missing {
  const willBuild = new Set<StorePath>();
  const unknown = new Set<StorePath>();
  const seen = new Map(wanted.map(item => [keyOf(item), item]));
  for (const item of seen.values()) {
    const path = item.kind === 'opaque' ? item.path : item.drvPath;
    const need = needOf(store, item);
    if (need === 'nothing') continue;
    if (need === 'unknown') unknown.add(path);
    else {
      willBuild.add(path);
      // A map can grow while it is walked, which makes it a queue without repeats.
      for (const input of need.inputs) seen.set(keyOf(input), input);
    }
  }
  return {
    willBuild: [...willBuild].sort(),
    willSubstitute: [],
    unknown: [...unknown].sort(),
    downloadSizeBytes: 0,
    narSizeBytes: 0,
  };
}

function needOf(store: Store, item: DerivedPath): Need {
  if (item.kind === 'opaque') return store.isValid(item.path) ? 'nothing' : 'unknown';
  if (!store.isValid(item.drvPath)) return 'unknown';
  const { outputs, inputDerivations } = store.derivations.get(item.drvPath);
  const names = [...outputs.keys()].filter(
    name => item.outputs === 'all' || item.outputs.includes(name),
  );
  const paths = names.map(name => outputs.get(name)?.path);
  if (paths.every(path => path !== undefined && store.isValid(path))) return 'nothing';
  const inputs = [...inputDerivations].map(([drvPath, wanted]): DerivedPath => {
    return { kind: 'built', drvPath, outputs: wanted };
  });
  return { inputs };
}

function keyOf(item: DerivedPath): string {
  if (item.kind === 'opaque') return item.path;
  return `${item.drvPath}!${item.outputs === 'all' ? '*' : item.outputs.join(',')}`;
}
