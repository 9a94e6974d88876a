import { describe, expect, test } from '@jest/globals';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Init } from '../support/machine-recipes.ts';
import { bringWork, buildAnew, changesSince, removeWork } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const disable: Readonly<Record<Init, string>> = {
  systemd: 'systemctl disable --now tenon-daemon.socket; systemctl stop tenon-daemon.service',
  openrc: 'rc-update del tenon-daemon; rc-service tenon-daemon stop',
};
const stop: Readonly<Record<Init, string>> = {
  systemd: 'systemctl stop tenon-daemon.socket tenon-daemon.service',
  openrc: 'rc-service tenon-daemon stop',
};

const both: readonly Init[] = ['systemd', 'openrc'];
/** Where the init system plays no part, one is enough. */
const one: readonly Init[] = ['systemd'];

interface Break {
  readonly what: string;
  readonly script: (init: Init) => string;
  readonly inits?: readonly Init[];
}

/** What is broken, after the journal was taken away so that nothing knows what was there. */
const breaks: readonly Break[] = [
  { what: 'nothing', script: () => ':' },
  { what: 'the store', script: () => 'rm -rf /nix' },
  { what: 'three users', inits: one, script: () => 'for n in 1 3 16; do userdel nixbld$n; done' },
  {
    what: 'all users and the group',
    script: () => 'for n in $(seq 32); do userdel nixbld$n; done',
  },
  { what: 'the enabled service', script: (init: Init) => disable[init] },
  { what: 'the running service', script: (init: Init) => stop[init] },
  { what: '/etc/nix', inits: one, script: () => 'rm -r /etc/nix' },
  { what: 'the start-up files of shells', inits: one, script: () => 'rm /etc/profile.d/tenon.sh' },
];

describeOnMachine('setup cures an installation', () => {
  describe.each<Init>(['systemd', 'openrc'])('under %s', init => {
    const host = shareMachine(init);

    test('that works', async () => {
      await expectSetUp(host());
      await bringWork(host().machine);
    });

    test.each(breaks.filter(({ inits = both }) => inits.includes(init)))(
      'that has lost its journal and $what',
      async ({ what, script }) => {
        const { machine, shell } = host();
        await shell('rm -rf /var/lib/tenon');
        await shell(script(init));
        await expectSetUp(host());
        expect(await machine.run(['tenon', 'doctor'])).toMatchObject({ code: 0 });
        await buildAnew(machine, what.replaceAll(/\W/g, '-'));
      },
    );

    test('and all of it goes by inspection', async () => {
      const { before, machine, tenon } = host();
      await removeWork(machine);
      const gone = await tenon('uninstall', '--yes', '--by-inspection', '--purge-store');
      expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('no traces found') });
      const left = changesSince(before, machine).filter(change => !onlyRecorded.test(change));
      expect(left).toEqual([]);
    });
  });
});

/** What only the first journal knew. */
const onlyRecorded =
  /^\/etc\/(?:\.pwd\.lock|\w+-):|^\/(?:etc\/conf\.d|etc\/init\.d|usr\/local\/\w+): absent -> directory/;

async function expectSetUp({ tenon }: SharedMachine): Promise<void> {
  expect(await tenon('setup', '--yes')).toMatchObject({ code: 0 });
}
