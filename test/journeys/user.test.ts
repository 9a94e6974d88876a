import { describe, expect, test } from '@jest/globals';
import { checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import { type Init, ordinaryUser } from '../support/machine-recipes.ts';
import { bringWork, changesSince, removeWork } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const tenon = `${checkoutInMachine}/src/tenon`;

/** A login gives the user a systemd of its own; without one, setup starts the daemon by itself. */
const hosts: readonly { readonly name: string; readonly init: Init; readonly log: string }[] = [
  { name: 'who is logged in, under systemd', init: 'systemd', log: 'loginctl enable-linger ann' },
  { name: 'without a service manager, under OpenRC', init: 'openrc', log: ':' },
];

describeOnMachine('setup for one user', () => {
  describe.each(hosts)('$name', ({ init, log }) => {
    const host = shareMachine(init, async machine => {
      await machine.output(['sh', '-c', log]);
    });

    test('needs no root, and proves itself', async () => {
      await host().shell(
        `${log}; for n in $(seq 100); do [ ! -d /run/systemd/system ] || [ -e /run/user/1000/systemd/private ] && break; sleep 0.1; done`,
      );
      const said = await asUser(host(), `${tenon} setup --mode user --yes`);
      expect(said).toContain('built as pid 1');
      expect(said).toContain('The command is found by sh -lc, bash -lc.');
      expect(outsideOfHome(host())).toEqual([]);
      const started =
        'systemctl --user is-active tenon-daemon || pgrep --full --list-full [s]rc/main.ts';
      const env = 'XDG_RUNTIME_DIR=/run/user/1000';
      expect(await asUser(host(), `export ${env}; ${started}`)).toMatch(
        init === 'systemd' ? /^active\n/ : /daemon/,
      );
    });

    test('has nothing to do the second time', async () => {
      const said = await asUser(host(), `${tenon} setup --mode user --yes`);
      expect(said).toContain('Nothing to do');
    });

    test('adds a line to what login shells read, with which they find everything', async () => {
      const { machine } = host();
      expect(await machine.read('/home/ann/.profile')).toContain('"$HOME/.tenon/profile"\n');
      const seen = 'command -v tenon; echo $NIX_REMOTE $NIX_STORE_DIR';
      for (const shell of ['bash', 'sh'])
        expect(await asUser(host(), `${shell} -lc '${seen}'`)).toBe(
          '/home/ann/.local/bin/tenon\ndaemon /home/ann/.tenon/store\n',
        );
    });

    test('has nothing wrong with it', async () => {
      const report = JSON.parse(await asUser(host(), '~/.local/bin/tenon doctor --json'));
      expect(report.summary).toMatchObject({ error: 0, crash: 0 });
      const { status } = report.checks.find(({ id }: { id: string }) => id === 'shell.path-order');
      expect(status).toBe('pass');
    });

    test('builds in a sandbox, also after the daemon was started again', async () => {
      await bringWork(host().machine);
      const build =
        'set -a; . ~/.tenon/environment; set +a; cd work; nix-build probe.nix --argstr salt';
      await asUser(host(), `${build} one; cat result/pid | grep -x 1`);
      await host().shell('kill $(pgrep --euid ann --full [s]rc/main.ts)');
      await asUser(host(), `~/.local/bin/tenon start; ${build} two`);
      await removeWork(host().machine);
    });

    test('leaves nothing after uninstall, which needs no root either', async () => {
      const said = await asUser(host(), '~/.local/bin/tenon uninstall --yes --purge-store');
      expect(said).toContain('no traces found');
      const { before, machine } = host();
      expect(changesSince(before, machine)).toEqual([]);
      const left = await machine.run(['pgrep', '--euid', ordinaryUser, '--full', '[s]rc/main.ts']);
      expect(left.stdout).toBe('');
    });
  });
});

function asUser({ machine }: SharedMachine, script: string): Promise<string> {
  const options = { user: ordinaryUser, timeoutMs: 120_000 };
  return machine.output(['bash', '-euo', 'pipefail', '-c', script], options);
}

function outsideOfHome({ before, machine }: SharedMachine): readonly string[] {
  return changesSince(before, machine).filter(change => !change.startsWith('/home/'));
}
