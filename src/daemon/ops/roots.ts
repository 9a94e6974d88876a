import { isAbsolute } from 'node:path';
import * as protocol from '../../protocol/ops/roots.ts';
import { addIndirectRoot, addPermanentRoot, findRoots } from '../../store/gc-roots.ts';
import { badRootLink, notTrusted } from '../errors.ts';
import { defineOp } from '../op.ts';

/** What keeps paths alive. */
export const roots = [
  defineOp(
    protocol.addTempRoot,
    async ({ tempRoots }, path) => {
      await tempRoots.add(path);
      return undefined;
    },
    path => `protect '${path}'`,
  ),
  defineOp(
    protocol.addIndirectRoot,
    ({ store }, link) => {
      if (!isAbsolute(link) || link.includes('\0')) throw badRootLink(link);
      addIndirectRoot(store.layout, link);
      return undefined;
    },
    addRoot,
  ),
  defineOp(
    protocol.addPermRoot,
    ({ store, isTrusted }, { path, link }) => {
      if (!isTrusted) throw notTrusted('create perm roots');
      if (!isAbsolute(link) || link.includes('\0')) throw badRootLink(link);
      addPermanentRoot(store.layout, link, path);
      return link;
    },
    ({ link }) => addRoot(link),
  ),
  defineOp(protocol.syncWithGc, () => undefined),
  defineOp(protocol.findRoots, async ({ store, isTrusted, signal }) => {
    const found = await findRoots(store.layout, path => store.isValid(path), signal);
    return found.map(({ link, target, isPrivate }) => ({
      link: isPrivate && !isTrusted ? '{censored}' : link,
      target,
    }));
  }),
];

function addRoot(link: string): string {
  return `add the root '${link}'`;
}
