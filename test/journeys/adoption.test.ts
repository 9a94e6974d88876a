import { describe, expect, test } from '@jest/globals';
import { describeOnMachine } from '../support/machine-describe.ts';
import {
  asUser,
  bringWork,
  buildAnew,
  changesSince,
  removeWork,
  takeInventory,
} from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const socket = '/nix/var/nix/daemon-socket/socket';
/** The store grows, and the daemons write their logs. */
const ofTheStore = /^\/nix(?:\/|:)/;

/** As the official installer leaves it, but for its own program: links to units in a profile, accounts, nix.conf. */
const officialInstaller = `
  groupadd --system --gid 30000 nixbld
  for n in $(seq 32); do
    useradd --system --uid $((30000 + n)) --gid nixbld --groups nixbld --no-user-group --no-create-home \\
      --home-dir /var/empty --shell /usr/sbin/nologin --comment "Nix build user $n" nixbld$n
  done
  profile=/nix/var/nix/profiles/default
  mkdir -p $profile/lib/systemd/system $profile/bin /nix/store /nix/var/nix/db /etc/nix
  ln -s /usr/bin/nix-daemon $profile/bin/nix-daemon
  printf '%s\\n' '[Socket]' 'ListenStream=${socket}' '[Install]' 'WantedBy=sockets.target' \\
    >$profile/lib/systemd/system/nix-daemon.socket
  printf '%s\\n' '[Service]' "ExecStart=@$profile/bin/nix-daemon nix-daemon --daemon" \\
    >$profile/lib/systemd/system/nix-daemon.service
  systemctl link $profile/lib/systemd/system/nix-daemon.service $profile/lib/systemd/system/nix-daemon.socket
  systemctl enable $profile/lib/systemd/system/nix-daemon.socket
  systemctl start nix-daemon.socket
  printf '\\nbuild-users-group = nixbld\\n' >/etc/nix/nix.conf
  cp /etc/bash.bashrc /etc/bash.bashrc.backup-before-nix
  printf '\\n# Nix\\nif [ -e x ]; then . x; fi\\n# End Nix\\n' >>/etc/bash.bashrc`;

/** Another gid and other uids, as Debian's package gives them, and a unit started the way it does. */
const distributionPackage = `
  groupadd --system nixbld
  for n in $(seq 10); do
    useradd --system --gid nixbld --groups nixbld --no-user-group --no-create-home \\
      --home-dir /var/empty --shell /usr/sbin/nologin --comment "Nix build user $n" nixbld$n
  done
  mkdir -p /etc/nix /nix/var/nix/daemon-socket
  printf 'sandbox = false\\n' >/etc/nix/nix.conf
  printf '%s\\n' '[Socket]' 'ListenStream=${socket}' '[Install]' 'WantedBy=sockets.target' \\
    >/usr/lib/systemd/system/nix-daemon.socket
  printf '%s\\n' '[Service]' 'ExecStart=@/usr/bin/nix-daemon nix-daemon --daemon' 'KillMode=process' \\
    '[Install]' 'WantedBy=multi-user.target' >/usr/lib/systemd/system/nix-daemon.service
  systemctl daemon-reload
  systemctl enable nix-daemon.socket nix-daemon.service
  systemctl start nix-daemon.service`;

/** As the overlay's: a script without a supervisor, and its fixed ids. */
const gentooOverlay = `
  groupadd --gid 30000 nixbld
  for n in $(seq 64); do
    useradd --uid $((30000 + n)) --gid nixbld --groups nixbld --no-create-home --home-dir /var/empty \\
      --shell /sbin/nologin nixbld$n
  done
  mkdir -p /etc/nix /nix/store /nix/var/nix/daemon-socket
  printf '%s\\n' '#!/sbin/openrc-run' 'command=/usr/bin/nix-daemon' 'command_background=yes' \\
    'pidfile=/run/nix-daemon.pid' >/etc/init.d/nix-daemon
  chmod 755 /etc/init.d/nix-daemon
  rc-update add nix-daemon default
  rc-service nix-daemon start </dev/null >/dev/null 2>&1`;

const hosts = [
  {
    name: 'the official installer',
    init: 'systemd',
    script: officialInstaller,
    active: 'systemctl is-active nix-daemon.socket',
  },
  {
    name: 'the package of a distribution',
    init: 'systemd',
    script: distributionPackage,
    active: 'systemctl is-active nix-daemon.service',
  },
  {
    name: 'a Gentoo overlay',
    init: 'openrc',
    script: gentooOverlay,
    active: 'rc-service nix-daemon status',
  },
] as const;

describeOnMachine('a stock Nix of', () => {
  describe.each(hosts)('$name', ({ init, script, active }) => {
    const host = shareMachine(init);
    let before: ReturnType<typeof takeInventory>;
    let built: string;

    test('serves its store', async () => {
      const { machine, shell } = host();
      await shell(script);
      await shell(`until [ -S ${socket} ]; do sleep 0.1; done`);
      await bringWork(machine);
      built = await asUser(machine, 'nix-build default.nix --attr greeting --option sandbox false');
      before = takeInventory(machine);
    });

    test('is adopted, with its accounts and its paths', async () => {
      const { machine, shell, tenon } = host();
      const ids = await shell('getent passwd | grep ^nixbld | head -n 10');
      expect(await tenon('setup', '--yes')).toMatchObject({ code: 0 });
      expect((await machine.run(['sh', '-c', active])).code).not.toBe(0);
      expect(await shell('getent passwd | grep ^nixbld | head -n 10')).toBe(ids);
      expect(await asUser(machine, 'nix-build default.nix --attr greeting')).toBe(built);
      expect(await machine.run(['tenon', 'doctor'])).toMatchObject({
        code: 0,
      });
      await buildAnew(machine, 'by-tenon');
    });

    test('takes over again after uninstall, with everything as it was', async () => {
      const { machine, shell } = host();
      const gone = await machine.run(['tenon', 'uninstall', '--yes']);
      expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('no traces found') });
      expect(changesOf(host(), before)).toEqual([]);
      await shell(active);
      expect(await asUser(machine, 'nix-build default.nix --attr greeting')).toBe(built);
      await asUser(
        machine,
        'nix-build probe.nix --argstr salt stock --no-out-link --option sandbox false',
      );
      await removeWork(machine);
    });
  });
});

function changesOf({ machine }: SharedMachine, before: ReturnType<typeof takeInventory>) {
  return changesSince(before, machine).filter(change => !ofTheStore.test(change));
}
