import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../src/doctor/report.ts';
import { checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Init } from '../support/machine-recipes.ts';
import { changesBetween } from '../support/machine-snapshot.ts';
import { asUser, bringWork, buildAnew, changesSince, removeWork } from './journey.ts';
import { type SharedMachine, shareMachine } from './one-machine.ts';

const both: readonly Init[] = ['systemd', 'openrc'];
/** Where the init system plays no part, one is enough. */
const one: readonly Init[] = ['systemd'];

const stop: Readonly<Record<Init, string>> = {
  systemd: 'systemctl stop tenon-daemon.socket tenon-daemon.service',
  openrc: 'rc-service tenon-daemon stop',
};
const disable: Readonly<Record<Init, string>> = {
  systemd: 'systemctl disable tenon-daemon.socket',
  openrc: 'rc-update del tenon-daemon',
};

interface Break {
  readonly what: string;
  readonly inits?: readonly Init[];
  readonly script: (init: Init) => string;
  /** What is set where the doctor is called. */
  readonly env?: readonly string[];
  /** What the doctor says of it, and nothing else. */
  readonly found: readonly string[];
}

/** Where administrators change the service, until the next boot. */
const administrators = '/run/systemd/system/tenon-daemon.service.d';

const breaks: readonly Break[] = [
  {
    what: 'three build users, /etc/nix, the start-up file of shells and folders of the store',
    inits: one,
    script: () => `for n in 1 3 16; do userdel nixbld$n; done
      rm -r /etc/nix /etc/profile.d/tenon.sh /nix/var/nix/gcroots /nix/var/nix/temproots
      chmod 755 /nix/store`,
    found: ['users.missing error', 'install.complete error'],
  },
  {
    what: 'all build users, their group and the enabled service',
    script: init =>
      `for n in $(seq 32); do userdel nixbld$n; done; ${disable[init]}; ${stop[init]}`,
    found: ['users.missing error', 'service.enabled error', 'daemon.alive error'],
  },
  { what: 'the running service', script: init => stop[init], found: ['daemon.alive error'] },
  {
    what: 'the start-up file of shells alone',
    inits: one,
    script: () => 'rm /etc/profile.d/tenon.sh',
    found: ['install.complete warn'],
  },
  {
    what: 'the socket',
    script: () => 'rm /nix/var/nix/daemon-socket/socket',
    found: ['service.state-mismatch warn', 'daemon.alive error'],
  },
  {
    what: 'the supervisor of the daemon',
    inits: ['openrc'],
    script: () => 'kill -KILL $(cat /run/tenon-daemon.pid)',
    found: ['service.state-mismatch warn'],
  },
  {
    what: "the init system's knowledge of the daemon",
    inits: ['openrc'],
    script: () => 'rc-service tenon-daemon zap',
    found: ['service.state-mismatch warn'],
  },
  {
    what: 'enough open files',
    inits: one,
    script: () => `mkdir -p ${administrators}
      printf '[Service]\\nLimitNOFILE=1024\\n' >${administrators}/local.conf
      systemctl daemon-reload
      systemctl restart tenon-daemon.service`,
    found: ['daemon.nofile warn'],
  },
  {
    what: 'the proxy of the session',
    script: () => ':',
    env: ['https_proxy=http://me:secret@127.0.0.1:9'],
    found: ['net.proxy warn'],
  },
  {
    what: 'the store',
    script: () => 'rm -r /nix',
    found: ['service.state-mismatch warn', 'daemon.alive error', 'install.complete error'],
  },
];

describeOnMachine('the doctor', () => {
  describe.each(both)('under %s', init => {
    const host = shareMachine(init);
    /** What is found on a machine of this template, whatever is installed there. */
    let ofMachine: readonly string[] = [];
    const ask = async (args: readonly string[] = [], env: readonly string[] = []) => {
      const report = await askDoctor(host(), args, env);
      return { ...report, found: findingsOf(report).filter(each => !ofMachine.includes(each)) };
    };

    test('finds nothing after setup', async () => {
      ofMachine = (await ask()).found.filter(isOfMachine);
      expect(await host().tenon('setup', '--yes')).toMatchObject({ code: 0 });
      expect(await ask()).toMatchObject({ found: [], exitCode: 0 });
      await bringWork(host().machine);
    });

    test.each(breaks.filter(({ inits = both }) => inits.includes(init)))(
      'finds what is wrong without $what, changes nothing when it shall not, and cures it',
      async ({ script, env, found }) => {
        const { machine, shell } = host();
        await shell(script(init));
        const broken = machine.snapshot(lasting);
        const planned = await ask(['--fix', '--dry-run'], env);
        expect(planned.found).toEqual(found);
        expect(planned.applied.map(({ state }) => state)).toEqual(found.map(() => 'planned'));
        expect(changesBetween(broken, machine.snapshot(lasting))).toEqual([]);
        expect(await ask(['--fix'], env)).toMatchObject({ found: [], exitCode: 0 });
        expect(await daemons(host())).toHaveLength(1);
      },
    );

    test('finds nothing any more', async () => {
      expect(await ask()).toMatchObject({ found: [], exitCode: 0, applied: [] });
    });

    test('leaves a host on which builds run in their sandbox, as build users', async () => {
      const { machine } = host();
      await buildAnew(machine, 'cured');
      await asUser(machine, 'nix-build probe.nix --out-link probe');
      const [, outside] = (await asUser(machine, 'cat probe/uid_map')).trim().split(/\s+/);
      expect(await machine.output(['getent', 'passwd', `${outside}`])).toMatch(/^nixbld\d+:/);
    });

    test('leaves nothing that uninstall does not take away', async () => {
      const { before, machine, tenon } = host();
      await removeWork(machine);
      expect(await tenon('uninstall', '--yes', '--purge-store')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('no traces found'),
      });
      const changes = changesSince(before, machine);
      expect(changes.filter(change => !ofOtherTools.test(change))).toEqual([]);
    });
  });
});

/** What the userdel of these tests wrote. */
const ofOtherTools = /^\/etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-:|^\/etc\/\.pwd\.lock:/;

/** Where what is broken lies; the daemon, which may start with the first question, writes to neither. */
const lasting = ['/etc', '/nix/store', '/var/lib'];

const isOfMachine = (finding: string) => /^(?:host|net)\./.test(finding);

async function askDoctor(
  { machine }: SharedMachine,
  args: readonly string[],
  env: readonly string[],
): Promise<Report> {
  const doctor = [`${checkoutInMachine}/src/tenon`, 'doctor', '--json', '--timeout', '60'];
  const { stdout } = await machine.run(['env', ...env, ...doctor, ...args], {
    timeoutMs: 120_000,
  });
  return JSON.parse(stdout);
}

function findingsOf({ checks }: Report): readonly string[] {
  const loud = checks.filter(({ status }) => status !== 'pass' && status !== 'skip');
  return loud.map(({ id, status }) => `${id} ${status}`);
}

async function daemons({ machine }: SharedMachine): Promise<readonly string[]> {
  const { stdout } = await machine.run(['pgrep', '--full', 'src/main.ts daemon']);
  return stdout.split('\n').filter(Boolean);
}
