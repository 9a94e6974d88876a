import { describe, expect, test } from '@jest/globals';
import { describeOnMachine } from '../support/machine-describe.ts';
import { asUser, bringWork, changesSince, removeWork } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const purge = ['uninstall', '--yes', '--purge-store'];
const clean = expect.stringContaining('no traces found');
/** What only the journal knew, or what somebody's own userdel wrote. */
const accountBackups =
  /^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-:|^\/etc\/\.pwd\.lock:/;
const folders = /^\/(?:etc\/conf\.d|etc\/init\.d|usr\/local\/\w+): absent -> directory/;

const both = ['systemd', 'openrc'];

/** Where the init system plays no part, one is enough. */
const troubles = [
  {
    what: 'the accounts',
    inits: ['systemd'],
    script: 'for n in $(seq 32); do userdel nixbld$n; done',
  },
  { what: 'nix.conf with its folder', inits: ['systemd'], script: 'rm -r /etc/nix' },
  { what: 'the store', inits: ['systemd'], script: 'rm -r /nix' },
  {
    what: 'the service files',
    inits: both,
    script: 'rm -r /etc/systemd/system/tenon-* || rm -r /etc/*.d/tenon-daemon',
  },
  { what: 'the journal', inits: both, script: 'rm -r /var/lib/tenon', more: ['--by-inspection'] },
  {
    what: 'a part of the journal',
    inits: ['systemd'],
    script: 'sed -i 3s/.*/{/ /var/lib/tenon/install/journal',
    more: ['--by-inspection'],
  },
];

describeOnMachine('uninstall', () => {
  describe.each(['systemd', 'openrc'] as const)('under %s', init => {
    const host = shareMachine(init);
    // In these the init system plays no part.
    if (init === 'systemd') testProgramAndFiles(host);

    test.each(troubles.filter(({ inits }) => inits.includes(init)))(
      'leaves nothing when $what is gone',
      async ({ script, more = [] }) => {
        const { shell, tenon } = host();
        await setUp(host());
        await shell(script);
        expect(await tenon(...purge, ...more)).toMatchObject({ code: 0, stdout: clean });
        expect(changesOf(host())).toEqual([]);
      },
    );

    test('names what it finds without a journal, and touches nothing', async () => {
      const { machine, shell, tenon } = host();
      await setUp(host());
      await shell('mv /var/lib/tenon /var/lib/elsewhere');
      const lost = await tenon('uninstall', '--yes');
      expect(lost).toMatchObject({ code: 3, stderr: expect.stringContaining('--by-inspection') });
      expect(lost.stderr).toContain('/usr/local/bin/tenon');
      await shell('mv /var/lib/elsewhere /var/lib/tenon');
      expect(await machine.run(['tenon', ...purge])).toMatchObject({ code: 0, stdout: clean });
      expect(changesOf(host())).toEqual([]);
    });

    test('hands back a store that the stock daemon serves', async () => {
      const { machine, shell, tenon } = host();
      await setUp(host());
      await bringWork(machine);
      const built = await asUser(machine, 'nix-build default.nix --attr all');
      expect(await tenon('uninstall', '--yes', '--hand-back')).toMatchObject({ code: 0 });
      await shell('nix-daemon >/dev/null 2>&1 </dev/null & echo $! >/run/stock.pid');
      await shell('until [ -S /nix/var/nix/daemon-socket/socket ]; do sleep 0.1; done');
      expect(
        await asUser(machine, `nix-store --check-validity ${built.trim()} && readlink result`),
      ).toBe(built);
      await asUser(
        machine,
        'nix-build probe.nix --argstr salt stock --no-out-link --option sandbox false',
      );
      expect(await shell('nix-store --verify --check-contents 2>&1')).not.toMatch(/error|warning/);
      await shell('kill $(cat /run/stock.pid); rm /run/stock.pid');
      await removeWork(machine);
      await shell(
        'rm -rf /nix /etc/nix; for n in $(seq 32); do userdel nixbld$n; done; groupdel nixbld',
      );
      expect(changesOf(host())).toEqual([]);
    });
  });
});

function testProgramAndFiles(host: () => SharedMachine): void {
  test('runs from inside the store that it deletes', async () => {
    const { machine, shell } = host();
    await setUp(host());
    const program = `/nix/store/${'0'.repeat(32)}-tenon`;
    await shell(`cp -a /usr/local/lib/tenon ${program}`);
    const outcome = await machine.run([`${program}/src/tenon`, ...purge], { cwd: program });
    expect(outcome).toMatchObject({ code: 0, stdout: clean, stderr: '' });
    expect(changesOf(host())).toEqual([]);
  });

  test('keeps what was edited, says so before and after, and takes it when forced', async () => {
    const { shell, tenon } = host();
    await setUp(host());
    await shell('echo export MINE=1 >>/etc/profile.d/tenon.sh; ln -s x /usr/local/bin/y');
    const kept = await tenon(...purge);
    expect(kept).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('besides what was kept'),
    });
    expect(kept.stdout.match(/\/etc\/profile\.d\/tenon\.sh: it was edited/g)).toHaveLength(2);
    expect(changesOf(host()).map(change => change.split(':')[0])).toEqual(
      expect.arrayContaining(['/etc/profile.d/tenon.sh', '/usr/local/bin/y']),
    );
    await shell('rm /etc/profile.d/tenon.sh /usr/local/bin/y');
    expect(changesOf(host())).toEqual([]);
    await setUp(host());
    await shell('echo export MINE=1 >>/etc/profile.d/tenon.sh');
    expect(await tenon(...purge, '--force')).toMatchObject({ code: 0, stdout: clean });
    expect(changesOf(host())).toEqual([]);
  });

  test('says that there is nothing to do where nothing is installed', async () => {
    const outcome = await host().tenon('uninstall', '--yes');
    expect(outcome).toMatchObject({ code: 0, stdout: clean, stderr: '' });
    expect(changesOf(host())).toEqual([]);
  });
}

async function setUp({ tenon }: SharedMachine): Promise<void> {
  expect(await tenon('setup', '--yes')).toMatchObject({ code: 0 });
}

function changesOf({ before, machine }: SharedMachine): readonly string[] {
  return changesSince(before, machine).filter(
    change => !accountBackups.test(change) && !folders.test(change),
  );
}
