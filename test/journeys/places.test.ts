import { describe, expect, test } from '@jest/globals';
import { checkoutInMachine, type Machine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Init } from '../support/machine-recipes.ts';
import { changesBetween, type Snapshot } from '../support/machine-snapshot.ts';
import { changesSince } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const image = '/image';
const tenon = `${checkoutInMachine}/src/tenon`;
const container = `${checkoutInMachine}/test/support/container.sh ${image}`;
const ping = `su ann -c 'nix store ping --extra-experimental-features nix-command --store daemon' 2>&1`;

/** What starts the daemon when the image is booted. */
const startLinks: Readonly<Record<Init, string>> = {
  systemd: '/etc/systemd/system/sockets.target.wants/tenon-daemon.socket',
  openrc: '/etc/runlevels/default/tenon-daemon',
};

/** A copy of the machine's own files, with the mount points that a container needs. */
async function makeImage(machine: Machine): Promise<void> {
  const mountPoints = ['old', 'proc', 'dev', 'sys', 'run', 'tmp', 'src/tenon'];
  await machine.output([
    'sh',
    '-euc',
    `
    mkdir ${image}
    cp -ax /bin /etc /home /lib* /opt /root /sbin /usr /var ${image}
    cd ${image}
    # The wanted ids are taken.
    echo web:x:30000: >>etc/group
    echo 'web:!::' >>etc/gshadow
    mkdir -p ${mountPoints.join(' ')}`,
  ]);
}

describeOnMachine('places without a running init', () => {
  describe.each<Init>(['systemd', 'openrc'])('an image with %s', init => {
    const host = shareMachine(init, makeImage);
    let before: Snapshot;

    test('is prepared from outside, and nothing starts or changes on the machine', async () => {
      const { tenon: run, machine } = host();
      before = snapshotOf(host());
      const prepared = await run('setup', '--root', image, '--yes');
      expect(prepared).toMatchObject({ code: 0, stdout: expect.stringContaining('Postponed') });
      expect(changesSince(host().before, machine)).toEqual([]);
      expect((await machine.run(['pgrep', '--full', '[s]rc/main.ts'])).stdout).toBe('');
      const made = [...snapshotOf(host()).keys()];
      expect(made).toContain(`${image}${startLinks[init]}`);
      const passwd = await host().shell(`grep ^nixbld ${image}/etc/passwd`);
      expect(passwd).toMatch(/^nixbld1:x:31001:31000:.*\n(?:nixbld.*\n){31}$/);
    });

    test('has nothing to do the second time, and is as it was after uninstall', async () => {
      const again = await host().tenon('setup', '--root', image, '--yes');
      expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') });
      const gone = await host().tenon('uninstall', '--root', image, '--yes', '--purge-store');
      expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining('no traces found') });
      expect(changesBetween(before, snapshotOf(host()))).toEqual([]);
    });

    test('is prepared from a chroot, where nothing can be isolated', async () => {
      const { shell } = host();
      const said = await shell(`
        mount -t proc proc ${image}/proc
        mount --rbind /dev ${image}/dev
        mount --rbind ${checkoutInMachine} ${image}/src/tenon
        chroot ${image} ${tenon} setup --yes
        chroot ${image} ls ${startLinks[init]}
        chroot ${image} ${tenon} uninstall --yes --purge-store
        umount -R ${image}/proc ${image}/dev ${image}/src/tenon`);
      expect(said).toContain('Postponed until then');
      expect(said).toContain(`${startLinks[init]}\n`);
      expect(changesBetween(before, snapshotOf(host()))).toEqual([]);
    });

    test('works as a container, where setup starts the daemon, and "tenon start" after that', async () => {
      const { shell } = host();
      const first = await shell(
        `${container} sh -euc "${tenon} setup --yes; ${ping}; tenon setup --yes"`,
      );
      expect(first).toContain('built as pid 1');
      expect(first).toContain('Nothing to do');
      const second = await shell(
        `${container} sh -euc "tenon start; ${ping}; tenon start; tenon doctor"`,
      );
      expect(second).toContain('Version: ');
      const third = await shell(
        `${container} sh -euc "tenon start; tenon uninstall --yes --purge-store; pgrep --full '[s]rc/main.ts' && exit 1 || :"`,
      );
      expect(third).toContain('no traces found');
      expect(changesBetween(before, snapshotOf(host()))).toEqual([]);
    });
  });
});

function snapshotOf({ machine }: SharedMachine): Snapshot {
  return machine.snapshot([image]);
}
