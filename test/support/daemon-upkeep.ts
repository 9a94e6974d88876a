import { mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Connection, ShownMessage } from '../../src/client/connection.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { encode, word } from '../../src/formats/wire.ts';
import * as adding from '../../src/protocol/ops/adding.ts';
import * as maintenance from '../../src/protocol/ops/maintenance.ts';
import * as roots from '../../src/protocol/ops/roots.ts';
import { addText, connectTo, inPieces } from './daemon-objects.ts';
import type { StockStore } from './stock-nix.ts';

/** Keeping paths alive. */
export function rootLaws(served: () => StockStore, minor: number): void {
  test('keeps roots', async () => {
    using daemon = await connectTo(served(), minor);
    const { kept, link } = await addLinked(daemon, served());

    await daemon.call(roots.addTempRoot, kept);
    await daemon.call(roots.addIndirectRoot, link);
    await daemon.call(roots.syncWithGc, undefined);
    expect(await daemon.call(roots.findRoots, undefined)).toContainEqual({ link, target: kept });
  });
}

/** The store as a whole. */
export function verifyLaws(served: () => StockStore, minor: number): void {
  test('verifies', async () => {
    using daemon = await connectTo(served(), minor);
    const contents = { checkContents: true, repair: false };
    expect(await daemon.call(maintenance.verifyStore, contents)).toBe(false);
  });
}

/** Taking up less space. */
export function spaceLaws(served: () => StockStore, minor: number): void {
  test('optimises', async () => {
    using daemon = await connectTo(served(), minor);
    expect(await daemon.call(maintenance.optimiseStore, undefined)).toBeUndefined();
  });

  test('collects garbage', async () => {
    const early = await connectTo(served(), minor);
    const dead = await addText(early, 'dead', `dead ${minor}`);
    early[Symbol.dispose]();
    using daemon = await connectTo(served(), minor);
    const { kept, link } = await addLinked(daemon, served());
    await daemon.call(roots.addIndirectRoot, link);
    const collect = (action: 'return-live' | 'delete-specific', paths: readonly StorePath[]) =>
      daemon.call(maintenance.collectGarbage, {
        action,
        paths,
        ignoreLiveness: false,
        maxFreedBytes: 2n ** 64n - 1n,
      });

    expect((await collect('return-live', [])).paths).toContain(kept);
    await expect(collect('delete-specific', [kept])).rejects.toThrow('still alive');
    const deleted = await collectWhenReleased(() => collect('delete-specific', [dead]));
    expect(deleted).toMatchObject({ paths: [dead] });
    expect(deleted.freedBytes).toBeGreaterThan(0n);
  });
}

/** The export format. */
export function exportLaws(served: () => StockStore, minor: number): void {
  test('exports what it imports', async () => {
    using daemon = await connectTo(served(), minor);
    const path = await addText(daemon, 'exported', `exported ${minor}`);
    const pieces: Uint8Array[] = [];
    const onMessage = (message: ShownMessage) => {
      if (message.kind === 'write') pieces.push(message.bytes);
    };

    await daemon.call(adding.exportPath, path, { onMessage });
    const one = encode(word, 1, { storeDir: '', minor });
    const end = encode(word, 0, { storeDir: '', minor });
    const body = inPieces(Buffer.concat([one, ...pieces, end]), 100);
    expect(await daemon.call(adding.importPaths, undefined, { body })).toEqual([path]);
  });
}

/** A text with a symlink to it, which is no root yet. */
async function addLinked(daemon: Connection, { root }: StockStore) {
  const kept = await addText(daemon, 'kept', `kept ${daemon.minor}`);
  const link = join(mkdtempSync(join(root, 'links-')), 'link');
  symlinkSync(kept, link);
  return { kept, link };
}

/** The daemon forgets the temporary roots of a client some time after that has gone. */
async function collectWhenReleased<T>(collect: () => Promise<T>): Promise<T> {
  for (;;) {
    const reply = await collect().catch(() => undefined);
    if (reply !== undefined) return reply;
    await sleep(5);
  }
}
