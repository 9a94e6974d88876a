import { describe, expect, test } from '@jest/globals';
import { checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import { type Init, ordinaryUser } from '../support/machine-recipes.ts';
import { bringWork, buildAnew, changesSince, removeWork, runAsUser } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const tenon = `${checkoutInMachine}/src/tenon`;
const processes = 'pgrep --full "[s]rc/main.ts" || echo none';
const ping = 'nix store ping --extra-experimental-features nix-command --store daemon';

const inits: Readonly<Record<Init, { readonly start: string; readonly isActive: string }>> = {
  systemd: {
    start: 'systemctl start tenon-daemon.socket',
    isActive: 'systemctl is-active tenon-daemon.socket',
  },
  openrc: {
    start: 'rc-service tenon-daemon start',
    isActive: 'rc-service --quiet tenon-daemon status',
  },
};

describeOnMachine('setup', () => {
  describe.each<Init>(['systemd', 'openrc'])('under %s', init => {
    const host = shareMachine(init);
    const { start, isActive } = inits[init];

    test('starts nothing when told so, and says how to start it', async () => {
      const { machine, shell } = host();
      const said = await shell(`${tenon} setup --yes --no-start --users-count 4; ${processes}`);
      expect(said).toContain(`${init} starts the daemon when it boots. To start it: ${start}\n`);
      expect(said).toMatch(/\nnone\n$/);
      expect((await machine.run(['sh', '-c', isActive])).code).not.toBe(0);
      const again = await shell(`tenon setup --yes --no-start; ${processes}`);
      expect(again).toMatch(/Nothing to do[\s\S]*\nnone\n$/);
    });

    test('has the service start by hand, and at boot', async () => {
      const { machine, shell } = host();
      await bringWork(machine);
      await shell(start);
      await buildAnew(machine, 'by-hand');
      await machine.reboot();
      await shell(`for n in $(seq 200); do ${ping} && exit; sleep 0.1; done; exit 1`);
      await buildAnew(machine, 'at-boot');
      expect(await shell('tenon setup --yes')).toContain('Nothing to do');
    });

    test('starts it the second time where it was not started', async () => {
      const { machine, shell } = host();
      await removeWork(machine);
      await shell('tenon uninstall --yes --purge-store');
      await shell(`${tenon} setup --yes --no-start --users-count 4`);
      expect(await shell('tenon setup --yes')).toContain('built as pid 1');
      await shell('tenon uninstall --yes --purge-store');
      expect(changesOf(host())).toEqual([]);
    });
  });

  describe('where the store is a mount', () => {
    const host = shareMachine('systemd', async machine => {
      await machine.output(['sh', '-c', 'mkdir /srv/store /nix; mount --bind /srv/store /nix']);
    });

    test('fills it, uses it, and uninstall leaves it there, empty', async () => {
      const { machine, shell } = host();
      expect(await shell(`${tenon} setup --yes --users-count 4`)).toContain('built as pid 1');
      await bringWork(machine);
      await buildAnew(machine, 'on-a-mount');
      await removeWork(machine);
      const gone = await machine.run(['tenon', 'uninstall', '--yes', '--purge-store']);
      expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('no traces found') });
      expect(await shell('mountpoint /nix; ls -A /nix')).toBe('/nix is a mountpoint\n');
      expect(changesOf(host())).toEqual([]);
    });

    test('leaves a mount of the store alone, and says so', async () => {
      const { machine, shell } = host();
      await shell('mkdir /nix/store /srv/deeper; mount --bind /srv/deeper /nix/store');
      await shell(`${tenon} setup --yes --users-count 4`);
      const gone = await machine.run(['tenon', 'uninstall', '--yes', '--purge-store']);
      expect(gone).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('kept /nix/store: it is a mount point'),
      });
      expect(await shell('mountpoint /nix/store; ls -A /nix/store')).toBe(
        '/nix/store is a mountpoint\n',
      );
      await shell('umount /nix/store; rmdir /nix/store /srv/deeper');
      expect(changesOf(host())).toEqual([]);
    });
  });
});

describeOnMachine('uninstall', () => {
  const host = shareMachine('systemd');

  test('takes what Nix left in homes when told so, and a build that would not end when forced', async () => {
    const { machine, shell, tenon: run } = host();
    await shell(`${tenon} setup --yes --users-count 4
      mkdir /run/gate
      echo 'extra-sandbox-paths = /gate=/run/gate' >>/etc/nix/nix.conf
      systemctl restart tenon-daemon`);
    await bringWork(machine);
    await machine.output(['mkdir', '-p', '.cache/nix', '.nix-defexpr'], { user: ordinaryUser });
    const build = runAsUser(machine, 'nix-build gate.nix --no-out-link');
    await shell('until pgrep --full "busybox test|busybox sleep"; do sleep 0.05; done');
    const began = performance.now();
    const gone = await run('uninstall', '--yes', '--purge-store', '--purge-users', '--force');
    expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('no traces found') });
    expect(performance.now() - began).toBeLessThan(60_000);
    expect((await build).code).not.toBe(0);
    expect(gone.stdout).toContain(
      'delete    /home/ann/.nix-defexpr\n  delete    /home/ann/.cache/nix\n',
    );
    await shell('rm -r /home/ann/work /run/gate');
    const left = changesOf(host()).filter(change => !change.startsWith('/home/ann/.cache:'));
    expect(left).toEqual([]);
  });
});

function changesOf({ before, machine }: SharedMachine): readonly string[] {
  return changesSince(before, machine);
}
