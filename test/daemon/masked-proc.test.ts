import { readFileSync } from 'node:fs';
import { expect, jest } from '@jest/globals';
import { isSandboxed, parseBuilderStatus } from '../../src/doctor/probe-build.ts';
import { testAsRoot } from '../support/as-root.ts';
import { maskedProc } from '../support/masked-proc.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startDaemon, startTenon } from '../support/tenon-daemon.ts';
import { amongTestUsers, buildGroup } from '../support/users.ts';
import { createWorkshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

/** What container managers do. */
const containerMask =
  'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && mount --bind /dev/null /proc/timer_list';
const cannotMount = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
const conf = ['sandbox-fallback = false'];
const SHOW_STATUS = 'run "masked" {} "cat /proc/self/status > $out"';

const BUILDERS = [
  { who: 'the daemon itself', group: [] },
  { who: 'a build user', group: [`build-users-group = ${buildGroup}`] },
];

for (const { who, group } of BUILDERS)
  testAsRoot(
    `a daemon in a container that masks /proc builds in a sandbox, as ${who}`,
    async () => {
      const store = createStockStore();
      await using shop = createWorkshop(store);
      const wrap = (argv: readonly string[]) =>
        amongTestUsers(store, [...maskedProc(containerMask), ...argv]);
      await using _daemon = await startTenon(store, { wrap, conf: [...conf, ...group] });
      const status = readFileSync(await shop.build(SHOW_STATUS), 'utf8');
      expect(isSandboxed(parseBuilderStatus(status))).toBe(true);
    },
  );

testAsRoot('stock Nix refuses to build there', async () => {
  const store = createStockStore();
  await using shop = createWorkshop(store);
  const wrap = (argv: readonly string[]) =>
    [...maskedProc(containerMask), ...argv] as [string, ...string[]];
  await using _daemon = await startDaemon(store, ['nix-daemon'], { wrap, conf });
  expect(await shop.tryBuild(SHOW_STATUS)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('mounting /proc: Operation not permitted'),
  });
});

testAsRoot('where the daemon may not mount either, a build names the check', async () => {
  const store = createStockStore();
  await using shop = createWorkshop(store);
  const wrap = (argv: readonly string[]) =>
    [...maskedProc(containerMask), ...cannotMount, ...argv] as [string, ...string[]];
  await using _daemon = await startTenon(store, { wrap, conf });
  expect(await shop.tryBuild(SHOW_STATUS)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('doctor check: sandbox.proc-masked'),
  });
});
