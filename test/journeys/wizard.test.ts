import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectGolden } from '../support/golden.ts';
import { checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Init } from '../support/machine-recipes.ts';
import { Terminal } from '../support/terminal.ts';
import { changesSince, takeInventory } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';
import { ENDED, masked, REVIEW, screens, start } from './wizard-screens.ts';

const setup = `${checkoutInMachine}/src/tenon setup`;

/** What the last screen of the files shows, and how init tells the daemon's process. */
const inits: Readonly<Record<Init, { readonly diff: string; readonly pid: string }>> = {
  systemd: {
    diff: '\\+# No Protect…, [\\s\\S]*\\+\\+\\+ /etc/systemd/system/tenon-daemon\\.socket\\n@@ -0,0 ',
    pid: 'systemctl show --property MainPID --value tenon-daemon',
  },
  openrc: {
    diff: '\\+\\+\\+ /etc/conf\\.d/tenon-daemon\\n@@ -0,0 ',
    pid: 'cat /run/tenon-daemon.pid',
  },
};

describeOnMachine('the wizard on a machine', () => {
  describe.each<Init>(['systemd', 'openrc'])('with %s', init => {
    const host = shareMachine(init);
    const { diff, pid } = inits[init];
    let terminal: Terminal;

    beforeAll(async () => {
      terminal = new Terminal(host().machine.terminal());
      await terminal.shows(/^\$/m);
    });
    afterAll(() => terminal[Symbol.dispose]());

    const ways = screens.map(({ name }, index) => ({ name, key: index % 2 ? 'Escape' : 'C-c' }));
    test.each(ways)('is left by $key at the screen $name, with nothing changed', async way => {
      start(terminal, setup);
      for (const { name, shows } of screens) {
        await terminal.shows(shows);
        if (name === way.name) break;
        terminal.press('Enter');
      }
      terminal.press(way.key);
      expect(await terminal.shows(ENDED)).toMatch(/Nothing was changed\.\nstatus 7\n/);
      expect(terminal.isCursorShown()).toBe(true);
      expect(changesOn(host())).toEqual([]);
    });

    test('rolls back when Ctrl-C stops it half way', async () => {
      start(terminal, setup);
      for (const { shows } of screens) {
        await terminal.shows(shows);
        terminal.press('Enter');
      }
      await host().shell('until [ -e /usr/local/lib/tenon.tenon-new ]; do sleep 0.02; done');
      terminal.press('C-c');
      const screen = await terminal.shows(ENDED);
      expect(screen).toMatch(/Stopped by SIGINT\nRolled back: .*\nstatus 130\n/);
      expect(terminal.isCursorShown()).toBe(true);
      expect(changesOn(host())).toEqual([]);
    });

    test.each(screens)('shows the screen $name', async ({ name, shows }) => {
      if (name === 'mode') start(terminal, `${setup} --users-count 2`);
      expectGolden(`wizard/${init}/${name}.txt`, masked(await terminal.shows(shows)));
      if (name !== 'review') terminal.press('Enter');
    });

    test.each([
      { key: 'd', what: 'what changes in files', shows: diff },
      {
        key: 'e',
        what: 'why and how to undo',
        shows: 'Start tenon-daemon\\n {4}why .*\\n {4}undo {2}Stop',
      },
    ])('shows $what at "$key", and asks again', async ({ key, shows }) => {
      terminal.press(key, 'Enter');
      await terminal.shows(new RegExp(`${shows}[\\s\\S]*${REVIEW.source}`, 'm'));
    });

    test('saves the plan, and asks again', async () => {
      terminal.press('s', 'Enter');
      await terminal.shows(/Save the plan to: \(tenon-plan\.json\)/);
      terminal.type('/tmp/plan');
      await terminal.shows(new RegExp(`Saved\\. [\\s\\S]*${REVIEW.source}`, 'm'));
    });

    test('applies the plan and proves that it works', async () => {
      terminal.press('y', 'Enter');
      const screen = await terminal.shows(ENDED);
      expect(screen).toMatch(/\nstatus 0\n/);
      expectGolden(`wizard/${init}/proved.txt`, masked(screen));
    });

    test('has nothing to ask and nothing to do the second time', async () => {
      const { machine, shell } = host();
      const installed = takeInventory(machine);
      const daemon = await shell(`touch /run/first; ${pid}`);
      const written =
        'find /etc /usr/local /nix /var/lib/tenon -type f -newer /run/first ! -path "*/db/*"';
      start(terminal, `tenon setup; ${written}`);
      expectGolden(`wizard/${init}/again.txt`, masked(await terminal.shows(ENDED)));
      expect(await shell(pid)).toBe(daemon);
      const changes = changesSince(installed, machine);
      expect(changes.filter(change => !change.startsWith(daemonLog))).toEqual([]);
    });

    test('has its work taken away again, once somebody has said so', async () => {
      start(terminal, 'tenon uninstall --purge-store');
      const question = await terminal.shows(/^\? Do this\? \(y\/N\)/m);
      expectGolden(`wizard/${init}/uninstall.txt`, masked(question));
      terminal.type('y');
      expectGolden(`wizard/${init}/gone.txt`, masked(await terminal.shows(ENDED)));
      expect(changesOn(host())).toEqual([]);
    });
  });
});

function changesOn({ before, machine }: SharedMachine): readonly string[] {
  return changesSince(before, machine);
}

/** Where OpenRC writes what the daemon says of its clients; setup is one. */
const daemonLog = '/var/log/tenon-daemon.log';
