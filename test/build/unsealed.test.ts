import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { findProcesses, until } from '../support/processes.ts';
import { inSituations, ordinaryUser, rootWithBuildUsers } from '../support/situations.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { leftoversIn } from '../support/witness.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

/** Builds without a sandbox, as an administrator may ask for. */

const NIX_COMMAND = ['--extra-experimental-features', 'nix-command'] as const;

const both = inSituations(rootWithBuildUsers, ordinaryUser);

both('without a sandbox, $who,', situation => {
  let shop: Workshop;
  let daemon: TenonDaemon;

  beforeAll(async () => {
    const store = createStockStore();
    situation.prepare(store);
    shop = createWorkshop(store);
    // Builders reach the store by its path, through a folder that is private otherwise.
    await shop.ask(['chmod', '755', store.root], 'local');
    const wrap = (argv: readonly string[]) => situation.wrap(store, argv);
    daemon = await startTenon(store, { conf: ['sandbox = false', ...situation.conf], wrap });
  });

  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
  });

  const foreign = () =>
    readdirSync(shop.store.storeDir).filter(
      name => !/-(bb|[a-z-]*\.drv|good[a-z-]*|tree-.*|run\.nix|bad(-dev)?)$|^\.links$/.test(name),
    );

  test('builds as the build user, on the machine itself', async () => {
    const output = await shop.build(
      `run "good" {} "id -u > $out; ls / >> $out; pwd >> $out; env | grep ^NIX_BUILD_TOP >> $out"`,
    );
    const [uid, ...rest] = readFileSync(output, 'utf8').split('\n');
    expect(situation.builders.uids.map(String)).toContain(uid);
    expect(rest).toContain('etc');
    expect(rest.join('\n')).toContain(`NIX_BUILD_TOP=${shop.store.stateDir}/builds/`);
    expect(lstatSync(output).uid).toBe(situation.owner);
  });

  test('kills what a builder leaves', async () => {
    if (situation !== rootWithBuildUsers) return; // without a uid of its own nobody can tell whose it is
    await shop.build(`run "good-daemon" {} "setsid sleep 86422 & echo > $out"`);
    await until('it is gone', () => findProcesses('sleep\0' + '86422').length === 0);
  });

  test('makes a fixed output that is right, and leaves nothing of one that is wrong', async () => {
    const text = (content: string) =>
      `run "good-fixed" { outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = builtins.hashString "sha256" "right"; } "printf ${content} > $out"`;
    const wrong = await shop.tryBuild(text('wrong'));
    expect(wrong.stderr).toContain('hash mismatch');
    await until('nothing is left', () => leftoversIn(shop.store).length === 0);
    const names = readdirSync(shop.store.storeDir);
    // The output itself may stay for a look, as with stock Nix; it is not valid.
    expect(names.filter(name => /-good-fixed(?!(\.drv)?$)/.test(name))).toEqual([]);
    expect(readFileSync(await shop.build(text('right')), 'utf8')).toBe('right');
  });

  test.each([
    { how: 'fails', script: 'mkdir -p $out/a; chmod 000 $out/a; exit 1' },
    { how: 'is not allowed', script: 'mkdir $out; mkfifo $out/pipe' },
    { how: 'lacks an output', script: 'echo > $dev' },
  ])('leaves nothing valid of a build that $how', async ({ script }) => {
    const { status } = await shop.tryBuild(
      `run "bad" { outputs = [ "out" "dev" ]; why = "${script}"; } "${script}"`,
    );
    expect(status).not.toBe(0);
    await until('nothing is left', () => leftoversIn(shop.store).length === 0);
    const valid = await shop.ask(['nix', ...NIX_COMMAND, 'path-info', '--all'], 'local');
    expect(valid).not.toMatch(/-bad(-dev)?$/m);
  });

  test('builds over what a failed build has left at its place', async () => {
    const text = `run "good-again" { } "echo new > $out"`;
    const drv = await shop.instantiate(text);
    const output = await shop.ask(['nix-store', '-q', '--outputs', drv]);
    writeFileSync(output, 'old', { mode: 0o444 });
    expect(await shop.build(text)).toBe(output);
    expect(readFileSync(output, 'utf8')).toBe('new\n');
  });

  test('leaves a store that stock Nix verifies', async () => {
    const argv = ['nix-store', '--verify', '--check-contents'];
    const { status, stderr } = await shop.run(situation.wrap(shop.store, argv), 'local');
    expect(stderr).not.toContain('error');
    expect(status).toBe(0);
    expect(foreign()).toEqual([]);
    expect(existsSync(join(shop.store.stateDir, 'builds'))).toBe(true);
  });
});
