import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatSandboxSpec, type SandboxSpec } from '../../src/build/sandbox-spec.ts';

const sealed: SandboxSpec = {
  root: {
    kind: 'sealed',
    network: 'new',
    uid: { id: 1000, first: 1000, outside: 30001, count: 1 },
    gid: { id: 100, first: 100, outside: 30000, count: 1 },
    store: {
      inside: '/nix/store',
      outside: '/home/me/nix/store',
      upper: '/state/b/upper',
      work: '/state/b/work',
      inputs: ['/nix/store/aaa-one', '/nix/store/bbb-two'],
    },
    buildDirs: [{ source: '/state/b/build', target: '/build' }],
    binds: [
      { source: '/busybox', target: '/bin/sh', readOnly: true, optional: false },
      { source: '/dev/dri', target: '/dev/dri', readOnly: false, optional: true },
    ],
    directories: [{ path: '/etc', mode: 0o555 }],
    files: [{ path: '/etc/hosts', mode: 0o444, content: '127.0.0.1 localhost\n' }],
    devices: 'with-kvm',
    shmSize: '50%',
  },
  program: {
    path: '/nix/store/aaa-one/bin/sh',
    name: 'sh',
    args: ['-e', ''],
    env: new Map([['A', '1\n2']]),
    workingDir: '/build',
  },
  terminal: true,
  personality: ['norandomize', 'linux32'],
  softLimits: [{ resource: 'core', value: 0 }],
  noNewPrivileges: true,
  filterSystemCalls: true,
  scopeAbstractSockets: true,
};

function format(spec: SandboxSpec): readonly string[] {
  return Buffer.from(formatSandboxSpec(spec)).toString('latin1').split('\n');
}

describe('formatSandboxSpec', () => {
  test('describes a sealed root', () => {
    expect(format(sealed)).toEqual([
      'tenon-root 1',
      'status-fd 4',
      'root sealed',
      'ns user pid mnt ipc uts cgroup net',
      'map-uid 1000 30001 1',
      'map-gid 100 30000 1',
      'uid 1000',
      'gid 100',
      'proc new',
      'dev minimal kvm',
      'shm 50%25',
      'pts new',
      'lo up',
      'hostname localhost',
      'domainname (none)',
      'store /nix/store /home/me/nix/store',
      'store-upper /state/b/upper /state/b/work',
      'input /nix/store/aaa-one',
      'input /nix/store/bbb-two',
      'dir /etc 0555',
      'file /etc/hosts 0444 127.0.0.1%20localhost%0a',
      'build-dir /state/b/build /build',
      'bind /busybox /bin/sh ro',
      'bind /dev/dri /dev/dri rw opt',
      'session new',
      'death parent',
      'pty on',
      'personality norandomize',
      'personality linux32',
      'rlimit core 0',
      'nnp on',
      'landlock scope-abstract',
      'seccomp nix',
      'env set A 1%0a2',
      'cwd /build',
      'exec /nix/store/aaa-one/bin/sh',
      'argv0 sh',
      'arg -e',
      'arg ',
      'end',
      '',
    ]);
  });

  test('leaves the network namespace out when the network is that of the machine', () => {
    const root = { ...sealed.root, network: 'host' } as SandboxSpec['root'];
    const lines = format({ ...sealed, root });
    expect(lines).toContain('ns user pid mnt ipc uts cgroup');
    expect(lines).not.toContain('lo up');
  });

  test('leaves out all devices when there are to be none', () => {
    const root = { ...sealed.root, devices: 'none' } as SandboxSpec['root'];
    expect(format({ ...sealed, root }).filter(line => /^(dev|shm|pts) /.test(line))).toEqual([]);
  });

  test.each([
    { user: undefined, lines: [] },
    {
      user: { uid: 30001, gid: 30000, groups: [4, 24] },
      lines: ['uid 30001', 'gid 30000', 'group 4', 'group 24'],
    },
  ])('describes the host root for $user', ({ user, lines }) => {
    const spec: SandboxSpec = {
      ...sealed,
      root: { kind: 'host', user },
      terminal: false,
      personality: [],
      softLimits: [],
      noNewPrivileges: false,
      filterSystemCalls: false,
      scopeAbstractSockets: false,
    };
    expect(format(spec).slice(1, -7)).toEqual([
      'status-fd 4',
      'root host',
      ...lines,
      'session new',
      'death parent',
      'env set A 1%0a2',
    ]);
  });

  test('keeps every byte of an argument in one field', () => {
    const anyByte = fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code));
    const anyArgument = fc.string({ unit: anyByte });
    const kept = fc.property(anyArgument, argument => {
      const lines = format({ ...sealed, program: { ...sealed.program, args: [argument] } });
      const field = lines.at(-3)?.slice('arg '.length) ?? '';
      expect(field).not.toMatch(/[ \n\0]/);
      expect(decode(field)).toBe(argument);
    });
    fc.assert(kept);
  });
});

function decode(field: string): string {
  return field.replace(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
}
