import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { connectDaemon } from '../../src/client/connect.ts';
import type { Connection } from '../../src/client/connection.ts';
import { hashBytes } from '../../src/formats/hash.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { addBuildLog, addToStoreNar } from '../../src/protocol/ops/adding.ts';
import { buildDerivation, buildPaths } from '../../src/protocol/ops/building.ts';
import { collectGarbage, verifyStore } from '../../src/protocol/ops/maintenance.ts';
import { isValidPath, queryPathInfo } from '../../src/protocol/ops/queries.ts';
import { addPermRoot, addTempRoot, findRoots } from '../../src/protocol/ops/roots.ts';
import { attack, framed, hello, wire } from '../support/attack.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  chunked,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { file, narOf } from '../support/trees.ts';
import { isRoot, person } from '../support/users.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

const maybe = isRoot ? describe : describe.skip;

let shop: Workshop;
let daemon: TenonDaemon;
let relay: Relay;
let client: Connection;
let bb: StorePath;

const setUp = async () => {
  shop = createWorkshop();
  daemon = await startTenon(shop.store);
  bb = await addBusybox(shop, 'daemon');
  relay = await startRelay(shop.store);
  client = await connectDaemon(relay.socketPath, { storeDir: shop.store.storeDir });
};

const tearDown = async () => {
  client[Symbol.dispose]();
  await relay[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
};

const storePath = (letter: string, name: string) =>
  `${shop.store.storeDir}/${letter.repeat(32)}-${name}` as StorePath;
const isRefused = async (call: Promise<unknown>, words: string | RegExp) => {
  await expect(call).rejects.toMatchObject({
    code: 'client/daemon-refused',
    message: expect.stringMatching(words),
  });
};

maybe('a client whom nobody trusts, which takes root to try', () => {
  beforeAll(setUp);
  afterAll(tearDown);

  test('is told so', () => {
    expect(client.trusted).toBe(false);
    expect(daemon.log()).not.toMatch(/user 54321 \(trusted\)/);
  });

  test.each(['profiles', 'gcroots'])('has a folder of its own in %s', name => {
    const { uid, gid, mode } = statSync(
      join(shop.store.stateDir, name, 'per-user', String(person.uid)),
    );
    expect({ uid, gid, mode: mode & 0o7777 }).toEqual({ uid: person.uid, gid: 0, mode: 0o755 });
  });

  test('may add and build', async () => {
    const drv = shellDerivation(shop.store.storeDir, bb, { name: 'mine', script: 'echo > $out' });
    const drvPath = await addDerivation(client, drv);
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await client.call(buildPaths, { wanted, mode: 'normal' });
    expect(await client.call(isValidPath, drv.outputs.get('out')?.path ?? bb)).toBe(true);
  });

  const nar = narOf(file('evil'));
  const info = {
    deriver: undefined,
    narHash: hashBytes('sha256', nar),
    references: [],
    registeredAtUnix: 0,
    narSizeBytes: nar.length,
    ultimate: true,
    signatures: [],
    contentAddress: undefined,
  };

  test('may add no path that nobody vouches for', async () => {
    const path = storePath('1', 'unsigned');
    const request = { path, info, repair: true, dontCheckSignatures: true };
    await isRefused(
      client.call(addToStoreNar, request, { body: chunked(nar) }),
      /lacks a (valid )?signature/,
    );
    const item = wire(
      path,
      '',
      Buffer.from(info.narHash.digest).toString('hex'),
      0,
      0,
      nar.length,
      1,
      0,
      '',
      nar,
    );
    const said = await attack(relay.socketPath, wire(hello(), 44, 1, 1, framed(wire(1, item))));
    expect(said.toString('latin1')).toMatch(/lacks a (valid )?signature/);
    expect(existsSync(path)).toBe(false);
  });

  test('may not replace a path by repairing it', async () => {
    const path = await addText(client, 'precious', 'good');
    const before = await client.call(queryPathInfo, path);
    const request = { path, info, repair: true, dontCheckSignatures: true };
    await client.call(addToStoreNar, request, { body: chunked(nar) }).catch(() => undefined);
    expect(await client.call(queryPathInfo, path)).toEqual(before);
    const wanted = [{ kind: 'opaque', path } as const];
    await isRefused(client.call(buildPaths, { wanted, mode: 'repair' }), /repair/);
    await isRefused(
      client.call(verifyStore, { checkContents: true, repair: true }),
      /not privileged to repair/,
    );
  });

  describe('that brings a derivation', () => {
    const forged = (changes: { path?: StorePath; hash?: string }) => {
      const drv = shellDerivation(shop.store.storeDir, bb, {
        name: 'forged',
        script: 'echo evil > $out',
      });
      const path = changes.path ?? drv.outputs.get('out')?.path;
      const output = { path, hashAlgo: changes.hash ? 'sha256' : '', hash: changes.hash ?? '' };
      return {
        ...drv,
        outputs: new Map([['out', output]]),
        env: new Map([...drv.env, ['out', path ?? '']]),
      };
    };
    const build = (derivation: ReturnType<typeof forged>, drvPath = storePath('3', 'forged.drv')) =>
      client.call(buildDerivation, { drvPath, derivation, mode: 'normal' });

    test('may not build one whose outputs follow from its inputs', async () => {
      await isRefused(build(forged({})), /not privileged to build input-addressed derivations/);
    });

    test('may not build a fixed output at another path', async () => {
      const hash = Buffer.from(hashBytes('sha256', 'evil\n').digest).toString('hex');
      await isRefused(
        build(forged({ path: storePath('4', 'forged'), hash })),
        /incorrect output|should be/,
      );
      expect(existsSync(storePath('4', 'forged'))).toBe(false);
    });

    test('may build a fixed output, under its own name', async () => {
      const name = 'honest';
      const text = `run "${name}" { outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = builtins.hashString "sha256" "evil\\n"; } "echo evil > $out"`;
      const drvPath = (await shop.instantiate(text)) as StorePath;
      const out = await shop.ask(['nix-store', '-q', '--outputs', drvPath]);
      const hash = Buffer.from(hashBytes('sha256', 'evil\n').digest).toString('hex');
      const drv = forged({ path: out as StorePath, hash });
      const said: string[] = [];
      const request = {
        drvPath: storePath('5', `${name}.drv`),
        derivation: drv,
        mode: 'normal',
      } as const;
      const onMessage = (message: object) =>
        said.push(JSON.stringify(message, (_, v) => (typeof v === 'bigint' ? `${v}` : v)));
      expect(await client.call(buildDerivation, request, { onMessage })).toMatchObject({
        status: 'built',
      });
      expect(said.join()).not.toContain('5'.repeat(32));
    });

    test('may not add one whose output is at another path', async () => {
      await isRefused(
        addDerivation(client, forged({ path: storePath('6', 'forged') })),
        /incorrect output/,
      );
    });
  });

  test('may not switch the sandbox off', async () => {
    const overrides = new Map([
      ['sandbox', 'false'],
      ['build-users-group', ''],
      ['sandbox-paths', '/etc'],
      ['trusted-users', '*'],
      ['filter-syscalls', 'false'],
    ]);
    const settings = { ...OPTIONS, overrides };
    using other = await connectDaemon(relay.socketPath, {
      storeDir: shop.store.storeDir,
      settings,
    });
    const script =
      'test $(sed -n "s/^NSpid:.//p" /proc/self/status | wc -w) = 1; test $$ = 1; ! test -e /etc/shadow; echo > $out';
    const drvPath = await addDerivation(
      other,
      shellDerivation(shop.store.storeDir, bb, { name: 'sealed', script }),
    );
    const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
    await other.call(buildPaths, { wanted, mode: 'normal' });
  });

  test('may not write where it likes', async () => {
    const link = join(shop.store.root, 'evil-link');
    await isRefused(
      client.call(addPermRoot, { path: bb, link }),
      /not privileged to create perm roots/,
    );
    await isRefused(
      client.call(addBuildLog, 'x.drv', { body: chunked(Buffer.from('log')) }),
      /not privileged to add logs/,
    );
    expect(existsSync(link)).toBe(false);
  });

  test('may not ignore who needs a path', async () => {
    const request = {
      action: 'delete-specific',
      paths: [bb],
      ignoreLiveness: true,
      maxFreedBytes: 1n,
    } as const;
    await isRefused(
      client.call(collectGarbage, request),
      /not allowed to ignore liveness|does not have that operation/,
    );
    expect(existsSync(bb)).toBe(true);
  });

  test('does not learn what others keep alive', async () => {
    using other = await connectTo(shop.store);
    await other.call(addTempRoot, bb);
    const seen = (await client.call(findRoots, undefined)).filter(({ target }) => target === bb);
    expect(seen.map(({ link }) => link)).toEqual(expect.arrayContaining(['{censored}']));
    expect(seen.map(({ link }) => link).join()).not.toContain('{temp:');
  });
});

const OPTIONS = {
  keepFailed: false,
  keepGoing: false,
  tryFallback: false,
  verbosity: 3,
  maxBuildJobs: 1,
  maxSilentSeconds: 0,
  wantsBuildOutput: true,
  buildCores: 1,
  useSubstitutes: true,
} as const;
