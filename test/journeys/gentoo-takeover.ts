import { beforeAll, expect } from '@jest/globals';
import type { Machine } from '../support/machine.ts';
import type { Init } from '../support/machine-recipes.ts';
import { installTenon, type Packages, prepareHost, remove } from './gentoo-packages.ts';
import { asUser, bringWork, buildAnew, changesSince, takeInventory, testStep } from './journey.ts';
import { startJourney } from './lifecycle.ts';

const socket = '/nix/var/nix/daemon-socket/socket';

/**
 * What sys-apps/nix of the nix-guix overlay leaves on a host, besides its programs, which are Debian's here: accounts,
 * folders with Portage's own files in them, service files, and its entry in Portage's database.
 */
const overlayPackage = `
  groupadd --gid 30000 nixbld
  for n in $(seq 64); do
    echo "nixbld$n:x:$((30000 + n)):30000:acct-user/nixbld$n:/dev/null:/sbin/nologin" >>/etc/passwd
    echo "nixbld$n:!:::::::" >>/etc/shadow
  done
  sed -i "/^nixbld:/s/$/$(printf ',nixbld%d' $(seq 64) | cut -c2-)/" /etc/group /etc/gshadow
  for folder in /nix/store /nix/var/log/nix/drvs /nix/var/nix/{db,gcroots/per-user,profiles/per-user} \\
      /nix/var/nix/{temproots,userpool,daemon-socket}; do
    mkdir -p $folder
    touch $folder/.keep_sys-apps_nix-0
  done
  chown root:nixbld /nix/store
  chmod 1775 /nix/store
  rm -f /etc/profile.d/nix.sh
  mkdir -p /usr/lib/sddm/sddm.conf.d /etc/nix
  echo "[Users]" >/usr/lib/sddm/sddm.conf.d/50-nixbld.conf
  echo "export PATH=\\$HOME/.nix-profile/bin:\\$PATH" >/etc/profile.d/nix.sh
  echo "d /nix/var/nix/daemon-socket 0755 root root - -" >/usr/lib/tmpfiles.d/nix-daemon.conf
  printf '%s\\n' '# Mine.' 'build-users-group = nixbld' 'max-jobs = 2' 'substituters =' >/etc/nix/nix.conf
  printf '%s\\n' '#!/sbin/openrc-run' 'rc_ulimit="-n 1048576"' \\
    'start() { start-stop-daemon --start --quiet --background --exec /usr/bin/nix-daemon; }' \\
    'stop() { start-stop-daemon --stop --quiet --exec /usr/bin/nix-daemon; }' >/etc/init.d/nix-daemon
  chmod 755 /etc/init.d/nix-daemon
  printf '%s\\n' '[Socket]' 'ListenStream=${socket}' '[Install]' 'WantedBy=sockets.target' \\
    >/usr/lib/systemd/system/nix-daemon.socket
  printf '%s\\n' '[Service]' 'ExecStart=@/usr/bin/nix-daemon nix-daemon --daemon' 'KillMode=process' \\
    '[Install]' 'WantedBy=multi-user.target' >/usr/lib/systemd/system/nix-daemon.service
  entry=/var/db/pkg/sys-apps/nix-2.35.1
  mkdir -p $entry
  find -L /nix /usr/bin/nix* /usr/lib/sddm /etc/profile.d/nix.sh /etc/init.d/nix-daemon \\
    /usr/lib/tmpfiles.d/nix-daemon.conf /usr/lib/systemd/system/nix-daemon.* \\
    '(' -type d -printf 'dir %p\\n' ')' -o -printf 'obj %p 0 0\\n' >$entry/CONTENTS`;

/** As its own message says; but Debian's systemctl stumbles over a script of the same name when it enables a service. */
const start: Record<Init, string> = {
  openrc: 'rc-update add nix-daemon && rc-service nix-daemon start </dev/null >/dev/null 2>&1',
  systemd: `
    mkdir -p /etc/systemd/system/multi-user.target.wants
    ln -s /usr/lib/systemd/system/nix-daemon.service /etc/systemd/system/multi-user.target.wants
    systemctl daemon-reload
    systemctl start nix-daemon`,
};

const isActive: Record<Init, readonly string[]> = {
  openrc: ['pgrep', '--exact', 'nix-daemon'],
  systemd: ['systemctl', 'is-active', 'nix-daemon.service'],
};

const ofStoreAndWork = /^\/(?:nix|home|var\/(?:log|cache|lib\/tenon))(?:[/:])/;

export function testTakeover(init: Init, packages: () => Packages): void {
  const journey = startJourney(init, 'trixie');
  let before: ReturnType<typeof takeInventory>;
  let built: string;
  const step = (name: string, body: (machine: Machine) => Promise<void>) =>
    testStep(journey, name, ({ machine }) => body(machine));
  const changes = (machine: Machine) =>
    changesSince(before, machine).filter(change => !ofStoreAndWork.test(change));
  const isServedByStock = async (machine: Machine, salt: string) => {
    await asUser(machine, 'until nix store ping --store daemon; do sleep 0.1; done');
    await machine.output(isActive[init]);
    expect(await asUser(machine, `nix-build default.nix --attr all --no-out-link`)).toBe(built);
    await asUser(machine, stockBuild(`--argstr salt ${salt}`));
  };

  beforeAll(async () => {
    const { machine } = journey();
    await prepareHost(machine);
    await machine.output(['bash', '-euo', 'pipefail', '-c', `${overlayPackage}\n${start[init]}`]);
    await bringWork(machine);
    await asUser(machine, `until [ -S ${socket} ]; do sleep 0.1; done`);
    built = await asUser(machine, 'nix-build default.nix --attr all --option sandbox false');
    before = takeInventory(machine);
  });

  step(
    'emerge puts tenon beside it, with no file in common, and takes nothing from it',
    async machine => {
      const { version } = packages();
      await installTenon(machine, packages(), version);
      const filesOf = async (name: string) =>
        (await machine.read(`/var/db/pkg/sys-apps/${name}/CONTENTS`))
          .split('\n')
          .filter(line => !line.startsWith('dir '))
          .map(line => line.split(' ')[1]);
      const theirs = new Set(await filesOf('nix-2.35.1'));
      expect(theirs.size).toBeGreaterThan(20);
      expect((await filesOf(`tenon-${version}`)).filter(path => path && theirs.has(path))).toEqual(
        [],
      );
      await isServedByStock(machine, 'beside');
    },
  );

  step('setup shows that it takes the store over, and does', async machine => {
    const plan = await machine.output(['tenon', 'plan']);
    expect(plan).toContain('Stop and disable nix-daemon, which serves this store');
    await machine.output(isActive[init]);
    await machine.output(['tenon', 'setup', '--yes']);
    expect((await machine.run(isActive[init])).code).not.toBe(0);
    expect(await asUser(machine, 'nix-build default.nix --attr all')).toBe(built);
    await buildAnew(machine, 'by-tenon');
    await machine.output(['tenon', 'doctor']);
  });

  step('emerge -C gives it back, with everything as it was', async machine => {
    await remove(machine, `sys-apps/tenon-${packages().version}`);
    expect(changes(machine)).toEqual([]);
    await isServedByStock(machine, 'after-emerge');
  });

  step('uninstall --hand-back gives it back while the package stays', async machine => {
    await installTenon(machine, packages(), packages().version);
    await machine.output(['tenon', 'setup', '--yes']);
    await buildAnew(machine, 'by-tenon-again');
    const said = await machine.output(['tenon', 'uninstall', '--yes', '--hand-back']);
    expect(said).toContain('no traces found');
    await isServedByStock(machine, 'handed-back');
    await remove(machine, `sys-apps/tenon-${packages().version}`);
    expect(changes(machine)).toEqual([]);
    await isServedByStock(machine, 'alone');
    const verified = await machine.run(['nix-store', '--verify', '--check-contents']);
    expect(verified).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/error|warning/) });
  });
}

function stockBuild(args: string): string {
  return `nix-build probe.nix ${args} --no-out-link --option sandbox false`;
}
