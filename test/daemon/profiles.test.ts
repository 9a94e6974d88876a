import { readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { listMetadata } from '../support/trees.ts';
import { createWorkshop, type Remote, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

/** What `nix-env` does with a profile, whose trees `builtin:buildenv` makes. */

const PACKAGES = `
let
  run = import ./run.nix;
  package = name: priority: script:
    run "\${name}-1" { } "mkdir $out; cd $out; mkdir bin; \${script}" // { meta = { inherit priority; }; };
in rec {
  a = package "a" 5 "echo a > bin/a; mkdir share log .hidden; echo a > share/a; touch log/x; ln -s nowhere gone";
  b = package "b" 5 "echo b > bin/b; mkdir share; echo b > share/b; echo b > manifest.json; ln -s bin sbin";
  brings = package "brings" 5 "mkdir nix-support; echo \${a} \${b} > nix-support/propagated-user-env-packages";
  weaker = package "weaker" 9 "echo weaker > bin/a";
  stronger = package "stronger" 1 "echo stronger > bin/a";
  same = package "same" 5 "echo same > bin/a";
  folder = package "folder" 9 "mkdir bin/a";
  flat = package "flat" 9 "rmdir bin; touch bin";
  plain = run "plain-1" { } "echo > $out";
}`;

let shop: Workshop;
let daemon: TenonDaemon;
let profile: string;

beforeAll(async () => {
  shop = createWorkshop();
  daemon = await startTenon(shop.store);
  profile = join(shop.store.root, 'profile');
  writeFileSync(join(shop.store.root, 'work/packages.nix'), PACKAGES);
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const change = (words: readonly string[], remote?: Remote) =>
  shop.run(['nix-env', '--profile', profile, '--file', 'packages.nix', ...words], remote);
const install = (names: string, remote?: Remote) =>
  change(['--install', '--attr', ...names.split(' ')], remote);

/** The tree that a new profile with these packages has; nothing of it is left in the store. */
async function treeOf(names: string, remote: Remote): Promise<readonly string[]> {
  const { status, stderr } = await install(names, remote);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const path = await shop.ask(['readlink', '-f', profile]);
  const tree = listMetadata(path);
  const links = tree.map(line => line.replaceAll(shop.store.storeDir, ''));
  for (const link of [profile, `${profile}-1-link`]) rmSync(link);
  await shop.ask(['nix-store', '--delete', path], 'local');
  return links;
}

test.each(['a', 'a b', 'brings', 'weaker a', 'a b stronger weaker', 'plain b'])(
  'a profile of %s has the tree that stock Nix makes',
  async names => {
    const byTenon = await treeOf(names, 'daemon');
    expect(byTenon).toEqual(await treeOf(names, 'local'));
    expect(byTenon.length).toBeGreaterThan(2);
  },
);

test.each([
  { names: 'a same', says: 'have the same priority 5' },
  { names: 'a folder', says: /collision between '.*bin\/a' and non-directory '.*bin\/a'/ },
  { names: 'a b flat', says: /collision between non-directory '.*bin' and directory '.*bin'/ },
])('a profile of $names is refused in the words of stock Nix', async ({ names, says }) => {
  const { status, stderr } = await install(names);
  expect(stderr).toMatch(says);
  expect(status).not.toBe(0);
});

test('a profile is changed, and goes back', async () => {
  for (const name of ['a', 'b']) expect(await install(name)).toMatchObject({ status: 0 });
  expect(await change(['--uninstall', 'a'])).toMatchObject({ status: 0 });
  expect((await change(['--query'])).stdout).toBe('b-1\n');
  expect(await change(['--rollback'])).toMatchObject({ status: 0 });
  expect((await change(['--query'])).stdout).toBe('a-1\nb-1\n');
  expect(readlinkSync(profile)).toBe('profile-2-link');
});
