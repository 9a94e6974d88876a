import type { PathInfo } from '../../formats/path-info.ts';
import type { StorePath } from '../../formats/store-path.ts';
import * as protocol from '../../protocol/ops/queries.ts';
import { notValid } from '../../store/errors.ts';
import {
  findByHashPart,
  findDerivationOutputs,
  findPathInfo,
  iterateValidPaths,
  listDerivers,
  listReferrers,
} from '../../store/path-info.ts';
import { defineOp } from '../op.ts';
import type { Session } from '../session.ts';

/** Questions about valid paths, each answered from the database at once. */
export const queries = [
  defineOp(protocol.isValidPath, ({ store }, path) => store.isValid(path)),
  defineOp(protocol.queryPathInfo, ({ store }, path) => findPathInfo(store.db, path)),
  defineOp(protocol.queryPathHash, (session, path) => getPathInfo(session, path).narHash),
  defineOp(protocol.queryReferences, (session, path) => getPathInfo(session, path).references),
  defineOp(protocol.queryDeriver, (session, path) => getPathInfo(session, path).deriver),
  defineOp(protocol.queryReferrers, ({ store }, path) => listReferrers(store.db, path)),
  defineOp(protocol.queryValidDerivers, ({ store }, path) => listDerivers(store.db, path)),
  defineOp(protocol.queryAllValidPaths, ({ store }) => [...iterateValidPaths(store.db)]),
  defineOp(protocol.queryValidPaths, ({ store }, { paths }) =>
    paths.filter(path => store.isValid(path)),
  ),
  defineOp(protocol.queryPathFromHashPart, ({ store }, hashPart) =>
    findByHashPart(store.db, store.layout.storeDir, hashPart),
  ),
  defineOp(protocol.queryDerivationOutputs, (session, drvPath) =>
    [...outputMap(session, drvPath).values()].filter(path => path !== undefined),
  ),
  defineOp(protocol.queryDerivationOutputNames, (session, drvPath) => [
    ...outputMap(session, drvPath).keys(),
  ]),
  defineOp(protocol.queryDerivationOutputMap, outputMap),
];

function getPathInfo({ store }: Session, path: StorePath): PathInfo {
  const info = findPathInfo(store.db, path);
  if (info === undefined) throw notValid(path);
  return info;
}

function outputMap(
  { store }: Session,
  drvPath: StorePath,
): ReadonlyMap<string, StorePath | undefined> {
  if (!store.isValid(drvPath)) throw notValid(drvPath);
  const known = findDerivationOutputs(store.db, drvPath);
  if (known.size > 0) return known;
  const { outputs } = store.derivations.get(drvPath);
  return new Map([...outputs].map(([name, { path }]) => [name, path]));
}
