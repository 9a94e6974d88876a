/**
 * What is in a machine: Debian's smallest system, one init, and the client of the issue: Debian 12's
 * nix-bin 2.8.0, unmodified, in both suites. trixie has a newer nix of its own, and apt takes the older
 * one from bookworm as a second source; its libraries are still there, so nothing is replaced.
 *
 * trixie is the default. systemd 252 leaves the host's procfs mounted below every service, which hides
 * the builds that a covered /proc breaks, and its OpenRC 0.45 calls a dead service started.
 */
export type Init = 'systemd' | 'openrc';
export type Suite = 'trixie' | 'bookworm';

/** The account that journeys build with; it has no rights beyond a home directory. */
export const ordinaryUser = 'ann';

export interface Recipe {
  readonly name: string;
  readonly suite: Suite;
  /** Where the client comes from, when that is not the suite itself. */
  readonly clientSuite: Suite | undefined;
  readonly packages: readonly string[];
  /** Shell lines run when the packages are in place; "$1" is the template's root. */
  readonly finish: readonly string[];
}

export function recipeFor(init: Init, suite: Suite): Recipe {
  const borrowed = suite === 'bookworm' ? undefined : 'bookworm';
  return {
    name: `${suite}-${init}`,
    suite,
    clientSuite: borrowed,
    packages: [...packagesOf[init], ...everywhere, borrowed ? `nix-bin/${borrowed}` : 'nix-bin'],
    finish: [
      ...finishOf[init],
      `chroot "$1" useradd --create-home --shell /bin/bash ${ordinaryUser}`,
    ],
  };
}

const everywhere = ['busybox-static', 'bzip2', 'iproute2', 'passwd', 'procps', 'util-linux'];

const packagesOf: Record<Init, readonly string[]> = {
  systemd: ['systemd', 'systemd-sysv', 'dbus', 'libpam-systemd'],
  openrc: ['openrc', 'sysvinit-core'],
};

/** Units that need hardware, a terminal or a network, or that would write the kernel's own settings. */
const maskedUnits = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'console-getty.service',
  'container-getty@.service',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
  'getty@.service',
  'proc-sys-fs-binfmt_misc.automount',
  'serial-getty@ttyS0.service',
  'systemd-binfmt.service',
  'systemd-modules-load.service',
  'systemd-sysctl.service',
  'systemd-timesyncd.service',
];

/** Debian's boot scripts for hardware; the last three act on all mounts and all swap. */
const hardwareServices = [
  'brightness',
  'checkfs.sh',
  'checkroot.sh',
  'hwclock.sh',
  'kmod',
  'mount-configfs',
  'procps',
  'udev',
  'sendsigs',
  'umountfs',
  'umountroot',
];

/** As Gentoo's, without gettys. */
const inittab = [
  'id:3:initdefault:',
  'si::sysinit:/sbin/openrc sysinit',
  'rc::bootwait:/sbin/openrc boot',
  'l3:3:wait:/sbin/openrc default',
  'l0:0:wait:/sbin/openrc shutdown',
  'l0s:0:wait:/sbin/halt -dp',
  'l6:6:wait:/sbin/openrc reboot',
  'l6r:6:wait:/sbin/reboot -d',
];

const finishOf: Record<Init, readonly string[]> = {
  systemd: [
    ...maskedUnits.map(unit => `ln -sf /dev/null "$1/etc/systemd/system/${unit}"`),
    ': >"$1/etc/machine-id"',
    'mkdir -p "$1/etc/systemd/journald.conf.d"',
    `printf '%s\\n' '[Journal]' Storage=persistent RateLimitBurst=0 >"$1/etc/systemd/journald.conf.d/all.conf"`,
  ],
  openrc: [
    ...hardwareServices.map(service => `rm -f "$1"/etc/runlevels/*/${service}`),
    `printf '%s\\n' ${inittab.map(line => `'${line}'`).join(' ')} >"$1/etc/inittab"`,
  ],
};
