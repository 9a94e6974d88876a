import { describe, expect, test } from '@jest/globals';
import type { SandboxSpec } from '../../src/build/sandbox-spec.ts';
import { buildGid, buildUid, Ground, isRoot, rootTest } from './ground.ts';
import { eventually, findProcesses } from './processes.ts';

function hostSpec(ground: Ground, script: string): SandboxSpec {
  const spec = ground.spec(script);
  const user = isRoot ? { uid: buildUid, gid: buildGid, groups: [4, 24] } : undefined;
  const env = new Map([['PATH', '/usr/sbin:/usr/bin:/sbin:/bin']]);
  const program = { ...spec.program, env, workingDir: '/' };
  return { ...spec, program, root: { kind: 'host', user }, scopeAbstractSockets: false };
}

const status = 'grep -E "^(Uid|Gid|Groups|NoNewPrivs|Seccomp|CapEff|SigIgn):" /proc/self/status';

describe('the host root', () => {
  test('is the machine itself, for another user', async () => {
    using ground = new Ground('memory');
    const { log, outcome } = await ground.run(
      hostSpec(ground, `${status}; umask; ulimit -Sc; ls -d /etc`),
    );
    const [uid, gid] = isRoot ? [buildUid, buildGid] : [process.getuid?.(), process.getgid?.()];
    const lines = log.replaceAll(/[ \t]+/g, ' ').split('\n');
    expect(outcome).toMatchObject({ kind: 'exited' });
    expect(lines).toEqual(
      expect.arrayContaining([
        `Uid: ${uid} ${uid} ${uid} ${uid}`,
        `Gid: ${gid} ${gid} ${gid} ${gid}`,
        'CapEff: 0000000000000000',
        'SigIgn: 0000000000000000',
        'NoNewPrivs: 1',
        'Seccomp: 2',
        '0022',
        '0',
        '/etc',
      ]),
    );
    if (isRoot) expect(lines).toContain('Groups: 4 24 ');
  });

  test('is a session without a terminal, with no descriptor but three', async () => {
    using ground = new Ground('memory');
    const script =
      'read -r pid comm state ppid pgrp sid tty rest < /proc/self/stat; echo $(ls /proc/self/fd)';
    const { log } = await ground.run(hostSpec(ground, `${script}; [ $sid = $$ ] && echo $tty`));
    expect(log).toBe('0 1 2 3\n0\n');
  });

  test('filters system calls', async () => {
    using ground = new Ground('memory');
    const { log } = await ground.run(
      hostSpec(ground, 'cd /tmp; f=$(mktemp); chmod u+s $f 2> /dev/null || echo refused; rm $f'),
    );
    expect(log).toBe('refused\n');
  });

  rootTest('filters system calls also when new privileges are allowed', async () => {
    using ground = new Ground('memory');
    const spec = {
      ...hostSpec(ground, 'grep ^Seccomp: /proc/self/status'),
      noNewPrivileges: false,
    };
    expect((await ground.run(spec)).log).toBe('Seccomp:\t2\n');
  });

  test('loses the processes of the builder with it, as far as they are in its group', async () => {
    using ground = new Ground('memory');
    const sleeper = `sleep ${process.pid}111`;
    const { outcome } = await ground.run(hostSpec(ground, `${sleeper} & ${sleeper} & exit 3`));
    expect(outcome).toMatchObject({ kind: 'exited', code: 3 });
    expect(await eventually(() => findProcesses(sleeper).length === 0)).toBe(true);
  });

  test('reports a user that it cannot become', async () => {
    using ground = new Ground('memory');
    const spec = hostSpec(ground, 'true');
    const root = { kind: 'host', user: { uid: 0, gid: 0, groups: [] } } as const;
    const { outcome } = await ground.run({ ...spec, root });
    expect(outcome.kind).toBe(isRoot ? 'exited' : 'refused');
  });
});
