import { bytesOf } from '../../formats/byte-string.ts';
import { parseBaseName } from '../../formats/store-path.ts';
import { Source, word } from '../../formats/wire.ts';
import { narFrom } from '../../protocol/bodies.ts';
import { chunksOf, receive } from '../../protocol/feed.ts';
import * as protocol from '../../protocol/ops/adding.ts';
import { keyedPathInfo } from '../../protocol/path-info.ts';
import { addContent, addFile, SMALL_BYTES } from '../../store/add-content.ts';
import { addNar } from '../../store/add-nar.ts';
import { addSignatures } from '../../store/add-signatures.ts';
import { notValid } from '../../store/errors.ts';
import { notServed, notTrusted } from '../errors.ts';
import { defineOp, defineStreamingOp } from '../op.ts';
import type { Session } from '../session.ts';

/** The first minor in which a flat file comes as it is, and not in a NAR. */
const FLAT_BODY_MINOR = 25;

/** Objects on their way into the store, and out of it. */
export const adding = [
  defineOp(
    protocol.addToStore,
    async (session, request, body) => {
      const isFlat = request.content.method === 'flat' || request.content.method === 'text';
      const content = {
        ...request.content,
        name: request.name,
        references: request.references,
        repair: request.repair && session.isTrusted,
        serialisation: isFlat && session.minor >= FLAT_BODY_MINOR ? 'flat' : 'nar',
      } as const;
      const contents = body.takeWhole(SMALL_BYTES) ?? chunksOf(body);
      return await addContent(session.store, content, contents, session);
    },
    addObject,
  ),

  defineOp(
    protocol.addTextToStore,
    async (session, { name, contents, references }) => {
      const content = {
        name,
        method: 'text',
        algorithm: 'sha256',
        references,
        repair: false,
        serialisation: 'flat',
      } as const;
      return (await addFile(session.store, content, bytesOf(contents), session)).path;
    },
    addObject,
  ),

  defineOp(
    protocol.addToStoreNar,
    async (session, request, body) => {
      const { path, info, repair, dontCheckSignatures } = request;
      const incoming = {
        path,
        info: { ...info, ultimate: info.ultimate && session.isTrusted },
        repair: repair && session.isTrusted,
      };
      await addNar(session.store, incoming, chunksOf(body), adderOf(session, dontCheckSignatures));
      return undefined;
    },
    ({ path }) => `add '${path}'`,
  ),

  defineOp(
    protocol.addMultipleToStore,
    async (session, request, body) => {
      const source = new Source({ storeDir: session.store.layout.storeDir, minor: session.minor });
      const adder = adderOf(session, request.dontCheckSignatures);
      const count = await receive(word.read(source), source, body);
      for (let left = count; left > 0; left--) {
        const { path, info } = await receive(keyedPathInfo.read(source), source, body);
        const repair = request.repair && session.isTrusted;
        const incoming = { path, info: { ...info, ultimate: false }, repair };
        await addNar(session.store, incoming, chunksOf(narFrom(source, body)), adder);
      }
      return undefined;
    },
    () => 'add paths to the store',
  ),

  defineOp(
    protocol.addSignatures,
    async ({ store }, { path, signatures }) => {
      await addSignatures(store.db, path, signatures);
      return undefined;
    },
    ({ path }) => `add signatures to '${path}'`,
  ),

  defineOp(
    protocol.addBuildLog,
    async ({ store, builder, isTrusted }, drvName, body) => {
      if (!isTrusted) throw notTrusted('add logs');
      const drvPath = parseBaseName(store.layout.storeDir, drvName);
      await builder.logs.add(drvPath, chunksOf(body));
      return undefined;
    },
    drvName => `keep the build log of '${drvName}'`,
  ),

  defineStreamingOp(protocol.narFromPath, ({ store, signal }, path) => {
    if (!store.isValid(path)) throw notValid(path);
    return store.trees.dump(path, { signal });
  }),
  defineOp(protocol.exportPath, () => {
    throw notServed('ExportPath');
  }),
  defineOp(protocol.importPaths, () => {
    throw notServed('ImportPaths');
  }),
];

function addObject({ name }: { readonly name: string }): string {
  return `add '${name}' to the store`;
}

function adderOf(session: Session, dontCheckSignatures: boolean) {
  const unchecked = dontCheckSignatures && session.isTrusted;
  const { tempRoots, signal, requiredKeys } = session;
  return { tempRoots, signal, keys: unchecked ? undefined : requiredKeys };
}
