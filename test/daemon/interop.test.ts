import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  inSituations,
  ordinaryUser,
  rootAlone,
  rootWithBuildUsers,
} from '../support/situations.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startDaemon, startTenon } from '../support/tenon-daemon.ts';
import { listMetadata } from '../support/trees.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(120_000);

const KINDS = ['nix-build', '--no-out-link', 'kinds.nix'] as const;
const PATH_INFOS = [
  'nix',
  '--extra-experimental-features',
  'nix-command',
  'path-info',
  '--all',
  '--json',
] as const;
const VERIFY = ['nix-store', '--verify', '--check-contents'] as const;

/** What a store says of itself that does not depend on when it was made. */
interface Account {
  readonly outputs: readonly string[];
  readonly infos: readonly unknown[];
  readonly metadata: readonly string[];
}

const everybody = inSituations(rootAlone, rootWithBuildUsers, ordinaryUser);

everybody('the same expressions, built by $who,', situation => {
  let shop: Workshop;
  let byTenon: Account;
  let byStock: Account;

  const wrap = (argv: readonly string[]) => situation.wrap(shop.store, argv);

  beforeAll(async () => {
    shop = createWorkshop(createStockStore());
    byTenon = await accountOf('tenon');
    putAside('by-tenon');
    byStock = await accountOf('stock');
  });

  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
  });

  /** Builds everything on an empty store. Both build in a sandbox, so that builders see the same. */
  async function accountOf(program: 'tenon' | 'stock'): Promise<Account> {
    const { store } = shop;
    situation.prepare(store);
    const options = { conf: ['sandbox-fallback = false', 'max-jobs = 2', ...situation.conf], wrap };
    await using _daemon = await (program === 'tenon'
      ? startTenon(store, options)
      : startDaemon(store, ['nix-daemon'], options));
    const outputs = (await shop.ask(wrap(KINDS))).split('\n').sort();
    const infos: Record<string, unknown>[] = JSON.parse(await shop.ask(wrap(PATH_INFOS), 'local'));
    const metadata = infos.flatMap(({ path }) => listMetadata(String(path)));
    for (const info of infos) delete info.registrationTime;
    return { outputs, infos, metadata };
  }

  /** Puts all that a store has away, so that the next one has the same paths. */
  function putAside(name: string): void {
    const { root, storeDir, stateDir } = shop.store;
    renameSync(join(root, 'nix'), join(root, name));
    for (const directory of [storeDir, stateDir]) mkdirSync(directory, { recursive: true });
  }

  test('have the same paths as with stock Nix', () => {
    expect(byTenon.outputs).toEqual(byStock.outputs);
  });

  test('have the same contents, references, derivers and content addresses', () => {
    expect(byTenon.infos).toEqual(byStock.infos);
    expect(byTenon.infos.length).toBeGreaterThan(40);
  });

  test('have the same modes, owners and times', () => {
    expect(byTenon.metadata).toEqual(byStock.metadata);
  });

  test('make a store that stock Nix verifies, and goes on with', async () => {
    putAside('by-stock');
    renameSync(join(shop.store.root, 'nix'), join(shop.store.root, 'empty'));
    renameSync(join(shop.store.root, 'by-tenon'), join(shop.store.root, 'nix'));
    const verified = await shop.run(wrap(VERIFY), 'local');
    expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') });
    expect(await shop.ask(wrap(KINDS), 'local')).toContain('-leaf');
    const text = `(import ./run.nix) "on-top" {} "cat \${(import ./kinds.nix).file} > $out"`;
    const build = ['nix-build', '--no-out-link', '--option', 'sandbox', 'false', '-E', text];
    expect(existsSync(await shop.ask(wrap(build), 'local'))).toBe(true);
  });
});
