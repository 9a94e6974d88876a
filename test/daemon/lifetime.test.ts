import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildPaths } from '../../src/protocol/ops/building.ts';
import { isValidPath } from '../../src/protocol/ops/queries.ts';
import { findProcesses, until } from '../support/processes.ts';
import {
  addBusybox,
  addDerivation,
  addText,
  connectTo,
  shellDerivation,
} from '../support/raw-client.ts';
import { startTenon } from '../support/tenon-daemon.ts';
import { leftoversIn } from '../support/witness.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

let shop: Workshop;

beforeEach(() => {
  shop = createWorkshop();
});

afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

const START_WORDS = 'a builder at work';

async function startBuild(script: string) {
  const bb = await addBusybox(shop, 'local');
  const connection = await connectTo(shop.store);
  const drv = shellDerivation(shop.store.storeDir, bb, {
    name: 'at-work',
    script: `echo ${START_WORDS}; ${script}`,
  });
  const drvPath = await addDerivation(connection, drv);
  const wanted = [{ kind: 'built', drvPath, outputs: 'all' } as const];
  const ended = connection.call(buildPaths, { wanted, mode: 'normal' });
  await until('the builder starts', () => findProcesses(START_WORDS).length > 0);
  return { connection, ended, out: drv.outputs.get('out')?.path ?? bb };
}

describe('a daemon that is told to stop', () => {
  test('finishes the build that a client waits for, and then ends', async () => {
    const daemon = await startTenon(shop.store);
    const { connection, ended, out } = await startBuild('sleep 1; echo > $out');
    const stopped = daemon[Symbol.asyncDispose]();
    await ended;
    expect(existsSync(out)).toBe(true);
    await stopped;
    connection[Symbol.dispose]();
    expect(leftoversIn(shop.store)).toEqual([]);
  });

  test('finishes the build as well when the signal is that of a closed terminal', async () => {
    await using daemon = await startTenon(shop.store);
    const { connection, ended, out } = await startBuild('sleep 1; echo > $out');
    process.kill(daemon.pid, 'SIGHUP');
    await until('it stops', () => daemon.log().includes('info: stopping'));
    await ended;
    expect(existsSync(out)).toBe(true);
    connection[Symbol.dispose]();
    await until('it ends', () => findProcesses('main.ts').indexOf(daemon.pid) < 0);
  });

  test('lets idle clients go at once, and takes no new ones', async () => {
    const daemon = await startTenon(shop.store);
    using idle = await connectTo(shop.store);
    await daemon[Symbol.asyncDispose]();
    await expect(addText(idle, 'late', 'late')).rejects.toMatchObject({
      code: 'client/disconnected',
    });
    await expect(connectTo(shop.store)).rejects.toMatchObject({ code: 'client/cannot-connect' });
  });

  test('leaves a store on which another daemon goes on', async () => {
    for (const text of ['one', 'two', 'three']) {
      await using _daemon = await startTenon(shop.store);
      using connection = await connectTo(shop.store);
      await addText(connection, 'text', text);
    }
    const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
    expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
  });
});

describe('a daemon that died', () => {
  test('takes its builders along', async () => {
    const daemon = await startTenon(shop.store);
    const { ended } = await startBuild('sleep 1000 & sleep 1000; true');
    const broken = expect(ended).rejects.toMatchObject({ code: 'client/disconnected' });
    await daemon.kill();
    await broken;
    await until('no builder is left', () => findProcesses(START_WORDS).length === 0);
  });

  test('leaves its socket to the next one', async () => {
    const daemon = await startTenon(shop.store);
    await daemon.kill();
    expect(existsSync(shop.store.socketPath)).toBe(true);
    await using _next = await startTenon(shop.store);
    using connection = await connectTo(shop.store);
    expect(await addText(connection, 'text', 'next')).toContain('-text');
  });

  test('leaves nothing that the next one does not remove', async () => {
    const daemon = await startTenon(shop.store);
    const { ended } = await startBuild('mkdir -p $out/a; chmod 000 $out/a; sleep 1000; true');
    await daemon.kill();
    await expect(ended).rejects.toBeDefined();
    await using _next = await startTenon(shop.store);
    const files = leftoversIn(shop.store).filter(name => !name.endsWith('.lock'));
    expect(files).toEqual([]);
  });
});

describe('a store that somebody removes while the daemon runs', () => {
  test('is created anew for the next client', async () => {
    await using _daemon = await startTenon(shop.store);
    using before = await connectTo(shop.store);
    const path = await addText(before, 'text', 'old');
    rmSync(join(shop.store.root, 'nix'), { recursive: true });

    using after = await connectTo(shop.store);
    expect(await after.call(isValidPath, path)).toBe(false);
    expect(await addText(after, 'text', 'old')).toBe(path);
    expect(existsSync(path)).toBe(true);
    const built = await shop.build(`run "built" {} "echo > $out"`);
    expect(existsSync(built)).toBe(true);
    const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
    expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
  });
});

describe('a daemon that cannot work', () => {
  test.each([
    {
      why: 'the schema is too new',
      file: 'nix/var/nix/db/schema',
      text: '11',
      words: /schema is version 11/,
    },
    {
      why: 'the database is garbage',
      file: 'nix/var/nix/db/db.sqlite',
      text: 'garbage'.repeat(1000),
      words: /not a database/,
    },
    {
      why: 'a setting makes no sense',
      file: 'etc/nix.conf',
      text: '',
      words: /max-jobs/,
      conf: ['max-jobs = many'],
    },
  ])('says why: $why', async ({ file, text, words, conf }) => {
    await (await startTenon(shop.store))[Symbol.asyncDispose]();
    writeFileSync(join(shop.store.root, file), text);
    const starting = startTenon(shop.store, conf === undefined ? {} : { conf });
    await expect(starting).rejects.toThrow(words);
  });
});
