import { expect, test } from '@jest/globals';
import { bytesOf } from '../../src/formats/byte-string.ts';
import { hashBytes } from '../../src/formats/hash.ts';
import { narOfFile } from '../../src/formats/nar.ts';
import { baseName } from '../../src/formats/store-path.ts';
import { encode, word } from '../../src/formats/wire.ts';
import * as adding from '../../src/protocol/ops/adding.ts';
import { ensurePath } from '../../src/protocol/ops/building.ts';
import { isValidPath, queryPathInfo } from '../../src/protocol/ops/queries.ts';
import { keyedPathInfo } from '../../src/protocol/path-info.ts';
import { addDerivation, addText, connectTo, fileObject, inPieces } from './daemon-objects.ts';
import { shellDerivation } from './shell-derivation.ts';
import type { StockStore } from './stock-nix.ts';

/** Adding objects, and reading them back. */
export function addingLaws(served: () => StockStore, minor: number): void {
  test.each([
    { method: 'flat', algorithm: 'sha256' },
    { method: 'flat', algorithm: 'sha1' },
    { method: 'nar', algorithm: 'sha256' },
    { method: 'nar', algorithm: 'sha512' },
  ] as const)('adds a $method object by its $algorithm', async content => {
    using daemon = await connectTo(served(), minor);
    const contents = bytesOf(`${content.method} ${content.algorithm} ${minor}`);
    const isRaw = minor >= 25 && content.method === 'flat';
    const body = inPieces(isRaw ? contents : narOfFile(contents));

    const request = { name: 'object', content, references: [], repair: false };
    const { path, info } = await daemon.call(adding.addToStore, request, { body });
    const known = await daemon.call(queryPathInfo, path);
    expect(known?.narHash).toEqual(hashBytes('sha256', narOfFile(contents)));
    expect(info).toEqual(minor >= 25 ? known : undefined);
  });

  test('adds a text, and gives back its NAR', async () => {
    using daemon = await connectTo(served(), minor);
    const path = await addText(daemon, 'text', `text ${minor}`);

    const chunks = await Array.fromAsync(daemon.readNar(path));
    expect(Buffer.concat(chunks)).toEqual(Buffer.from(narOfFile(bytesOf(`text ${minor}`))));
    expect(await daemon.call(isValidPath, path)).toBe(true);
  });

  test('adds an object by its NAR', async () => {
    using daemon = await connectTo(served(), minor);
    const { path, info, nar } = fileObject(served().storeDir, 'nar', `nar ${minor}`);
    const request = { path, info, repair: false, dontCheckSignatures: true };

    await daemon.call(adding.addToStoreNar, request, { body: inPieces(nar) });
    expect(await daemon.call(queryPathInfo, path)).toEqual(info);
  });

  test('refuses a bad body, and goes on where bodies have frames', async () => {
    using daemon = await connectTo(served(), minor);
    const { path, info, nar } = fileObject(served().storeDir, 'bad', `bad ${minor}`);
    const request = { path, info, repair: false, dontCheckSignatures: true };

    const body = inPieces(Buffer.from(nar).fill('X', 96, 100));
    const add = daemon.call(adding.addToStoreNar, request, { body });
    await expect(add).rejects.toMatchObject({
      code: 'client/daemon-refused',
      message: expect.stringContaining('hash mismatch'),
    });
    expect(await daemon.call(isValidPath, path)).toBe(false);
  });

  test('takes signatures and ensures paths', async () => {
    using daemon = await connectTo(served(), minor);
    const path = await addText(daemon, 'signed', `signed ${minor}`);
    const signature = `key-1:${Buffer.alloc(64).toString('base64')}`;

    await daemon.call(adding.addSignatures, { path, signatures: [signature] });
    await daemon.call(ensurePath, path);
    const info = await daemon.call(queryPathInfo, path);
    expect(info?.signatures).toEqual([signature]);
  });
}

/** What exists since 1.32. */
export function addingManyLaws(served: () => StockStore, minor: number): void {
  test('adds many objects at once', async () => {
    using daemon = await connectTo(served(), minor);
    const files = ['first', 'second', 'third'].map(name =>
      fileObject(served().storeDir, name, `${name} ${minor}`),
    );
    const dialect = { storeDir: served().storeDir, minor };
    const items = files.flatMap(({ path, info, nar }) => [
      encode(keyedPathInfo, { path, info }, dialect),
      nar,
    ]);
    const body = inPieces(Buffer.concat([encode(word, files.length, dialect), ...items]));

    const request = { repair: false, dontCheckSignatures: true };
    await daemon.call(adding.addMultipleToStore, request, { body });
    const known = await Promise.all(files.map(({ path }) => daemon.call(queryPathInfo, path)));
    expect(known).toEqual(files.map(({ info }) => info));
  });

  test('keeps a build log', async () => {
    using daemon = await connectTo(served(), minor);
    const drv = shellDerivation(served().storeDir, { name: `logged-${minor}`, script: 'true' });
    const drvPath = await addDerivation(daemon, served().storeDir, drv);

    const body = inPieces(bytesOf(`the log of ${minor}`));
    await daemon.call(adding.addBuildLog, baseName(drvPath), { body });
    const { stdout } = await served().nix(['nix-store', '--read-log', drvPath]);
    expect(stdout).toBe(`the log of ${minor}`);
  });
}
