import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkContext } from '../support/check-context.ts';
import { createHealthyHost, type HealthyHost } from '../support/healthy-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

const refused = () =>
  Promise.reject(Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' }));

/** The same host under systemd, which says this of socket and service. */
async function runSystemd(fixture: HealthyHost, states: string): Promise<void> {
  await fixture.host.removeTree('/run/openrc');
  await fixture.host.removeTree('/etc/runlevels');
  fixture.write('/run/systemd/system/x', '');
  fixture.write('/usr/bin/systemctl', '', 0o755);
  fixture.write('/states', states);
  fixture.fake(
    'systemctl',
    `case $1 in show) cat ${fixture.root}/states ;; *) echo "$*" >>${fixture.root}/asked ;; esac`,
  );
}

/** What systemctl show prints for the socket and the service. */
function states({
  enabled = 'enabled',
  active = 'active',
  program = '/usr/local/bin/tenon',
} = {}): string {
  return `UnitFileState=${enabled}
ActiveState=${active}
FragmentPath=/etc/systemd/system/tenon-daemon.socket

UnitFileState=static
ActiveState=${active}
MainPID=4711
FragmentPath=/etc/systemd/system/tenon-daemon.service
ExecStart={ path=${program} ; argv[]=${program} daemon ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
`;
}

describe('service.enabled', () => {
  test('finds an OpenRC service that no runlevel has, and adds it to one', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/etc/runlevels/default/tenon-daemon');
    fixture.fake('rc-update', `ln -s /etc/init.d/$2 ${fixture.root}/etc/runlevels/$3/$2`);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.enabled error']);
    await applyFixes(checkContext(fixture), find(results, 'service.enabled'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('takes any runlevel for well', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/etc/runlevels/default/tenon-daemon');
    fixture.link('/etc/runlevels/boot/tenon-daemon', '/etc/init.d/tenon-daemon');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('finds a systemd socket that is disabled, and enables it', async () => {
    using fixture = await createHealthyHost();
    await runSystemd(fixture, states({ enabled: 'disabled' }));
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.enabled error']);
    await applyFixes(checkContext(fixture), find(results, 'service.enabled'));
    expect(await fixture.host.readText('/asked')).toBe('--quiet enable tenon-daemon.socket\n');
    fixture.write('/states', states());
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});

describe('service.state-mismatch', () => {
  test('finds a daemon that OpenRC knows nothing of', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/run/openrc/started/tenon-daemon');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.state-mismatch warn']);
    expect(find(results, 'service.state-mismatch')?.evidence[1]).toEqual({
      source: 'listens on the socket',
      value: 'process 4711',
    });
  });

  test('finds that OpenRC calls a dead service started, and starts it anew', async () => {
    using fixture = await createHealthyHost();
    fixture.fake(
      'rc-service',
      `echo "$*" >>${fixture.root}/asked; case $3 in status) exit 64 ;; stop) exit 1 ;; esac`,
    );
    const context = checkContext(fixture, { greetDaemon: refused });
    const results = await judge(context);
    expect(problems(results)).toEqual(['service.state-mismatch warn', 'daemon.alive error']);
    await applyFixes(context, find(results, 'service.state-mismatch'));
    const asked = (await fixture.host.readText('/asked')) ?? '';
    expect(
      asked
        .trim()
        .split('\n')
        .map(line => line.split(' ').at(-1)),
    ).toEqual(['status', 'zap', 'status', 'zap', 'start']);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('finds that the supervisor of the daemon is gone', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/run/tenon-daemon.pid', '4242\n');
    fixture.write('/proc/4242/comm', 'supervise-daemo\n');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    await fixture.host.removeTree('/proc/4242');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.state-mismatch warn']);
    expect(find(results, 'service.state-mismatch')).toMatchObject({
      evidence: [expect.anything(), { source: '/proc/4242', value: 'missing' }],
      fixes: [{ class: 'A', id: 'restart' }],
    });
  });

  test('finds that systemd holds nothing while somebody answers', async () => {
    using fixture = await createHealthyHost();
    await runSystemd(fixture, states({ active: 'inactive' }));
    expect(problems(await judge(checkContext(fixture)))).toEqual(['service.state-mismatch warn']);
  });
});

describe('service.exec-path', () => {
  test.each([
    {
      flaw: 'is missing',
      breakIt: ({ host }: HealthyHost) => host.remove('/usr/local/lib/tenon/src/tenon'),
      mend: ({ write }: HealthyHost) => write('/usr/local/lib/tenon/src/tenon', '', 0o755),
    },
    {
      flaw: 'cannot be executed',
      breakIt: ({ host }: HealthyHost) => host.setMode('/usr/local/lib/tenon/src/tenon', 0o644),
      mend: ({ root }: HealthyHost) =>
        chmodSync(join(root, 'usr/local/lib/tenon/src/tenon'), 0o755),
    },
    {
      flaw: 'does not stay',
      breakIt: async ({ write }: HealthyHost) => {
        write('/home/me/bin/tenon', '', 0o755);
        write('/etc/init.d/tenon-daemon', 'command=/home/me/bin/tenon\n');
      },
      mend: ({ write }: HealthyHost) =>
        write('/etc/init.d/tenon-daemon', 'command=/usr/local/bin/tenon\n'),
    },
  ])('finds that the program $flaw, which setup mends', async ({ flaw, breakIt, mend }) => {
    using fixture = await createHealthyHost();
    await breakIt(fixture);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.exec-path error']);
    expect(find(results, 'service.exec-path')?.summary).toContain(flaw);
    const started = await applyFixes(checkContext(fixture), find(results, 'service.exec-path'));
    expect(started).toEqual([['setup', '--yes']]);
    await mend(fixture);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test.each([
    { by: 'everybody', mode: 0o777, uid: 0, gid: 0 },
    { by: 'its owner', mode: 0o755, uid: 1000, gid: 0 },
    { by: 'the members of a group', mode: 0o775, uid: 0, gid: 30_000 },
  ])('finds that the program may be replaced by $by, and closes it', async ({ mode, uid, gid }) => {
    using fixture = await createHealthyHost();
    const folder = join(fixture.root, 'usr/local/lib/tenon');
    chownSync(folder, uid, gid);
    chmodSync(folder, mode);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.exec-path error']);
    expect(find(results, 'service.exec-path')?.evidence[1]?.source).toBe('/usr/local/lib/tenon');
    await applyFixes(checkContext(fixture), find(results, 'service.exec-path'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('is the one that says so when the command cannot be executed', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.setMode('/usr/local/lib/tenon/src/tenon', 0o644);
    const results = await judge(checkContext(fixture));
    expect(find(results, 'shell.noninteractive')).toMatchObject({
      status: 'skip',
      summary: '/usr/local/bin/tenon cannot be executed, see service.exec-path',
    });
  });

  test('does not mind a group without members, as that of /usr/local on Debian', async () => {
    using fixture = await createHealthyHost();
    const group = await fixture.host.readText('/etc/group');
    fixture.write('/etc/group', `${group}staff:x:50:\n`);
    chownSync(join(fixture.root, 'usr/local'), 0, 50);
    chmodSync(join(fixture.root, 'usr/local'), 0o2775);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('reads the program from the unit under systemd', async () => {
    using fixture = await createHealthyHost();
    await runSystemd(fixture, states({ program: '/nix/store/x-tenon/bin/tenon' }));
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['service.exec-path error']);
    expect(find(results, 'service.exec-path')?.evidence[0]).toEqual({
      source: '/etc/systemd/system/tenon-daemon.service',
      value: '/nix/store/x-tenon/bin/tenon',
    });
  });
});

describe('daemon.socket-dir', () => {
  test.each([
    { what: 'the folder', path: 'nix/var/nix/daemon-socket' },
    { what: 'a folder above it', path: 'nix/var' },
  ])('finds that everybody can replace $what, and closes it', async ({ path }) => {
    using fixture = await createHealthyHost();
    chmodSync(join(fixture.root, path), 0o777);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['daemon.socket-dir error']);
    await applyFixes(checkContext(fixture), find(results, 'daemon.socket-dir'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test("finds a folder that is not root's", async () => {
    using fixture = await createHealthyHost();
    chownSync(join(fixture.root, 'nix/var/nix/daemon-socket'), 1000, 1000);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['daemon.socket-dir error']);
    await applyFixes(checkContext(fixture), find(results, 'daemon.socket-dir'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});

describe('host.init', () => {
  test('finds that nothing would start a daemon that is not there', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.removeTree('/run/openrc');
    fixture.write('/proc/1/comm', 'sleep\n');
    fixture.write('/usr/bin/systemctl', '', 0o755);
    const results = await judge(checkContext(fixture, { greetDaemon: refused }));
    expect(problems(results)).toEqual(['host.init warn', 'daemon.alive error']);
    expect(find(results, 'host.init')?.evidence.slice(2)).toEqual([
      { source: 'process 1', value: 'sleep' },
      { source: '/usr/bin/systemctl', value: 'is installed, which does not matter' },
      { source: '/usr/sbin/rc-service', value: 'is installed, which does not matter' },
    ]);
  });

  test('does not mind when a daemon answers all the same', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.removeTree('/run/openrc');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});
