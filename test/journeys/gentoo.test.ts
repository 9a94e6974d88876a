import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Machine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Init } from '../support/machine-recipes.ts';
import {
  buildPackages,
  installAccounts,
  installTenon,
  type Packages,
  prepareHost,
  remove,
} from './gentoo-packages.ts';
import { testTakeover } from './gentoo-takeover.ts';
import { asUser, bringWork, changesSince, takeInventory, testStep } from './journey.ts';
import { startJourney } from './lifecycle.ts';

const inits: readonly Init[] = ['openrc', 'systemd'];

const gate = '/gate';
const settings = `build-users-group = nixbld\nsandbox-paths = ${gate}\nsubstituters =\n`;
/** Ends when somebody opens the gate. */
const slow = `let tools = builtins.path { name = "tools"; path = ./tools; };
in derivation {
  name = "slow"; system = "x86_64-linux"; builder = "\${tools}/bin/sh";
  args = [ "-euc" ": >${gate}/begun; until [ -e ${gate}/open ]; do \${tools}/bin/busybox sleep 0.1; done; echo >$out" ];
}`;

const links: Record<Init, string> = {
  openrc: '/etc/runlevels/default/tenon-daemon',
  systemd: '/etc/systemd/system/sockets.target.wants/tenon-daemon.socket',
};

const starts: Record<Init, readonly string[]> = {
  openrc: ['sh', '-c', 'rc-service tenon-daemon start </dev/null >/dev/null 2>&1'],
  systemd: ['systemctl', 'start', 'tenon-daemon.socket'],
};

/** What init knows of the service. */
const known: Record<Init, readonly string[]> = {
  openrc: ['rc-update', 'show'],
  systemd: ['systemctl', 'list-units', '--all', '--plain', '--no-legend', 'tenon*'],
};

/** What is kept when all else goes, and what this journey builds from. */
const ofStoreAndWork = /^\/(?:nix|home|var\/(?:log|cache))[/:]/;

/** What the daemon and setup write while they run. */
const stateOfService = /^\/(?:nix|var\/(?:lib\/tenon|log|cache))(?:\/|$)/;

describeOnMachine('sys-apps/tenon on a host with', () => {
  let packages: Packages;
  beforeAll(async () => {
    packages = await buildPackages();
  });
  afterAll(() => packages?.[Symbol.dispose]());

  describe.each(inits)('%s, in place of sys-apps/nix', init => {
    testTakeover(init, () => packages);
  });

  describe.each(inits)('%s', init => {
    let before: ReturnType<typeof takeInventory>;
    const journey = startJourney(init, 'trixie');
    const step = (name: string, body: (machine: Machine) => Promise<void>) =>
      testStep(journey, name, ({ machine }) => body(machine));

    beforeAll(async () => {
      const { machine } = journey();
      await prepareHost(machine);
      await machine.output(['mkdir', '-m', '777', gate]);
      await machine.put('/etc/nix/nix.conf', settings);
    });

    step('emerge makes accounts and store, and enables nothing', async machine => {
      await installAccounts(machine, packages);
      before = takeInventory(machine);
      expect(await installTenon(machine, packages, packages.version)).toContain('Next:');
      const store = ['stat', '--format=%a %U %G', '/nix/store'];
      expect(await machine.output(store)).toBe('1775 root nixbld\n');
      await machine.output(['tenon', 'doctor', 'users']);
      expect((await machine.run(['test', '-e', links[init]])).code).not.toBe(0);
      expect((await machine.run(['tenon', 'doctor', 'daemon.alive'])).code).not.toBe(0);
    });

    step('setup starts the service and touches nothing of the package', async machine => {
      const merged = takeInventory(machine);
      await machine.output(['tenon', 'setup', '--yes']);
      const changed = changesSince(merged, machine).map(change => change.replace(/:.*/, ''));
      const others = changed.filter(path => !stateOfService.test(path));
      expect(others.filter(path => !links[init].startsWith(`${path}/`))).toEqual([links[init]]);
      await bringWork(machine);
      await asUser(machine, 'nix-build default.nix --attr all');
    });

    step('an upgrade refuses no client and lets builds end', async machine => {
      await machine.put('/home/ann/work/slow.nix', slow);
      const building = asUser(machine, 'nix-build slow.nix --out-link slow');
      building.catch(() => undefined);
      await until(machine, `test -e ${gate}/begun`);
      const ask = `while [ ! -e ${gate}/asked ]; do nix store ping --store daemon; echo; done | wc -l`;
      const asking = asUser(machine, ask);
      asking.catch(() => undefined);
      const said = await installTenon(machine, packages, packages.later);
      expect(said).toContain('Upgrade: another daemon takes over');
      expect(said).not.toContain('still runs');
      expect(await machine.output(['tenon', '--version'])).toContain(packages.later);
      await asUser(machine, 'nix-build probe.nix --argstr salt up --no-out-link');
      await asUser(machine, `touch ${gate}/asked`);
      expect(Number(await asking)).toBeGreaterThan(5);
      await asUser(machine, `touch ${gate}/open`);
      expect(await building).toMatch(/-slow\n$/);
    });

    step('a downgrade goes the same way', async machine => {
      const said = await installTenon(machine, packages, packages.version);
      expect(said).toContain('Downgrade: another daemon takes over');
      expect(said).not.toContain('still runs');
      expect(await machine.output(['tenon', '--version'])).toContain(packages.version);
      const check = await machine.output(['tenon', 'upgrade', '--check']);
      expect(check).toContain(`before tenon ${packages.later} was replaced`);
      await asUser(machine, 'nix-build probe.nix --argstr salt down --no-out-link');
    });

    step(
      'emerge -C stops the daemon, undoes setup and the lines for Portage, and keeps the store',
      async machine => {
        await machine.output(['tenon', 'env', 'hook', 'install']);
        await machine.output(['tenon', 'env', 'fix', '--make-conf', '--all']);
        const said = await remove(machine, `sys-apps/tenon-${packages.version}`);
        expect(said).toContain('Kept: the store');
        await asUser(machine, 'test -e "$(readlink slow)"');
        expect((await machine.run(['pgrep', '--full', 'tenon|main.ts'])).stdout).toBe('');
        const left = changesSince(before, machine).filter(change => !ofStoreAndWork.test(change));
        expect(left).toEqual([]);
        expect(await machine.output(['sh', '-lc', 'echo fine 2>&1'])).toBe('fine\n');
        expect(await machine.output(known[init])).not.toContain('tenon');
      },
    );

    step('setup and uninstall go on when it was installed again', async machine => {
      await installTenon(machine, packages, packages.version);
      const merged = takeInventory(machine);
      await machine.output(['tenon', 'setup', '--yes']);
      await asUser(machine, 'nix-build probe.nix --argstr salt again --no-out-link');
      const gone = await machine.output(['tenon', 'uninstall', '--yes']);
      expect(gone).toContain('no traces found');
      const left = changesSince(merged, machine).filter(change => !ofStoreAndWork.test(change));
      expect(left).toEqual([]);
    });

    step('purge deletes the store and names what removes the rest', async machine => {
      expect(await machine.output(['tenon', 'purge', '--yes'])).toContain('emerge --unmerge');
      expect((await machine.run(['test', '-e', '/nix'])).code).not.toBe(0);
    });

    step('a service that is started without a store makes a new one', async machine => {
      await machine.output(starts[init]);
      await asUser(machine, 'nix-build probe.nix --argstr salt anew --no-out-link');
      await remove(machine, `sys-apps/tenon-${packages.version}`);
    });

    step('accounts that are no longer needed are locked', async machine => {
      await remove(machine, 'acct-user/nixbld1-1');
      expect(await machine.output(['passwd', '--status', 'nixbld1'])).toMatch(/^nixbld1 L/);
    });
  });
});

async function until(machine: Machine, condition: string): Promise<void> {
  await asUser(machine, `for i in $(seq 400); do ${condition} && exit; sleep 0.1; done; exit 1`);
}
