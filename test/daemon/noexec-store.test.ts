import { expect, jest } from '@jest/globals';
import { proofFailed } from '../../src/doctor/errors.ts';
import { testAsRoot } from '../support/as-root.ts';
import { startTenon } from '../support/tenon-daemon.ts';
import { createWorkshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

testAsRoot(
  'on a store that is mounted noexec a build names the check that explains it',
  async () => {
    await using shop = createWorkshop();
    const { storeDir } = shop.store;
    const breakIt = `mount --bind ${storeDir} ${storeDir} && mount -o remount,bind,noexec ${storeDir}`;
    const shell = ['sh', '-c', `${breakIt} && exec "$@"`, 'sh'];
    await using _daemon = await startTenon(shop.store, {
      wrap: argv => ['unshare', '--mount', '--propagation', 'private', ...shell, ...argv],
    });
    const { stderr } = await shop.tryBuild('run "any" {} "echo > $out"');
    expect(stderr).toContain('Permission denied (doctor check: fs.store-exec)');
    expect(proofFailed(stderr)).toMatchObject({ check: 'fs.store-exec' });
  },
);
