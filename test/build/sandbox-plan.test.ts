import { describe, expect, test } from '@jest/globals';
import {
  planSandbox,
  planUnsealed,
  type SandboxRequest,
  shownStorePaths,
} from '../../src/build/sandbox-plan.ts';
import type { SealedRoot } from '../../src/build/sandbox-spec.ts';
import { fakePath } from './derivations.ts';

const input = fakePath('a', 'input');

const request: SandboxRequest = {
  storeDir: '/nix/store',
  inputs: [input],
  outputDir: '/nix/store/x-tenon-build/upper',
  overlayWorkDir: '/nix/store/x-tenon-build/work',
  buildDir: '/var/builds/1/build',
  tmpDir: '/var/builds/1/tmp',
  uid: 30_001,
  gid: 30_000,
  platform: 'x86_64-linux',
  environment: {
    env: new Map([['A', 'b']]),
    args: ['-c', 'true'],
    builder: `${input}/bin/sh`,
    files: new Map(),
  },
  network: false,
  caBundle: '/etc/pki/own.pem',
  kvm: false,
  shmSize: '50%',
  filterSystemCalls: true,
  noNewPrivileges: true,
  sandboxPaths: [],
  binds: [],
};

function rootOf(changes: Partial<SandboxRequest> = {}): SealedRoot {
  const { root } = planSandbox({ ...request, ...changes });
  if (root.kind !== 'sealed') throw new Error('the root is not sealed');
  return root;
}

const names = (root: SealedRoot) => root.files.map(({ path }) => path);
const contentOf = (root: SealedRoot, path: string) =>
  root.files.find(file => file.path === path)?.content;

describe('planSandbox', () => {
  test('maps uid 1000 and gid 100 to the build user', () => {
    expect(rootOf()).toMatchObject({
      uid: { id: 1000, first: 1000, outside: 30_001, count: 1 },
      gid: { id: 100, first: 100, outside: 30_000, count: 1 },
    });
  });

  test('shows the inputs, and takes the outputs elsewhere', () => {
    expect(rootOf().store).toEqual({
      inside: '/nix/store',
      outside: '/nix/store',
      upper: request.outputDir,
      work: request.overlayWorkDir,
      inputs: [input],
    });
  });

  test('runs the builder in /build under the last part of its name', () => {
    expect(planSandbox(request)).toMatchObject({
      program: {
        path: `${input}/bin/sh`,
        name: 'sh',
        args: ['-c', 'true'],
        env: new Map([['A', 'b']]),
        workingDir: '/build',
      },
      terminal: true,
      personality: ['norandomize'],
      softLimits: [{ resource: 'core', value: 0 }],
      noNewPrivileges: true,
      filterSystemCalls: true,
      scopeAbstractSockets: true,
    });
  });

  test('has the users that stock Nix has', () => {
    const root = rootOf();
    expect(contentOf(root, '/etc/passwd')).toBe(
      'root:x:0:0:Nix build user:/build:/noshell\n' +
        'nixbld:x:1000:100:Nix build user:/build:/noshell\n' +
        'nobody:x:65534:65534:Nobody:/:/noshell\n',
    );
    expect(contentOf(root, '/etc/group')).toBe('root:x:0:\nnixbld:!:100:\nnogroup:x:65534:\n');
    expect(contentOf(root, '/etc/hosts')).toBe('127.0.0.1 localhost\n::1 localhost\n');
  });

  test('keeps a build off the network and off the machine’s files', () => {
    expect(rootOf()).toMatchObject({ network: 'new', binds: [] });
    expect(names(rootOf())).toEqual(['/etc/passwd', '/etc/group', '/etc/hosts']);
  });

  test('gives a fixed output the network, and what finds others by name', () => {
    const root = rootOf({ network: true });
    expect(root.network).toBe('host');
    expect(root.binds.map(({ target }) => target)).toEqual([
      '/etc/resolv.conf',
      '/etc/services',
      '/etc/hosts',
      '/etc/ssl/certs/ca-certificates.crt',
    ]);
    expect(root.binds.at(-1)?.source).toBe('/etc/pki/own.pem');
    expect(root.binds.every(({ readOnly, optional }) => readOnly && optional)).toBe(true);
    expect(contentOf(root, '/etc/nsswitch.conf')).toBe('hosts: files dns\nservices: files\n');
    expect(names(root)).not.toContain('/etc/hosts');
  });

  test.each([
    { what: 'minimal', changes: {}, devices: 'minimal' },
    { what: 'with KVM', changes: { kvm: true }, devices: 'with-kvm' },
    {
      what: 'those of the machine',
      changes: { sandboxPaths: ['/dev'], kvm: true },
      devices: 'none',
    },
  ])('has devices: $what', ({ changes, devices }) => {
    expect(rootOf(changes).devices).toBe(devices);
  });

  test.each([
    { text: '/bin/sh=/busybox', source: '/busybox', target: '/bin/sh', optional: false },
    { text: '/dev/dri?', source: '/dev/dri', target: '/dev/dri', optional: true },
    { text: '/in=/out?', source: '/out', target: '/in', optional: true },
    { text: '/a=/b=c', source: '/b=c', target: '/a', optional: false },
  ])('reads the sandbox path $text', ({ text, source, target, optional }) => {
    expect(rootOf({ sandboxPaths: [text] }).binds).toEqual([
      { source, target, optional, readOnly: false },
    ]);
  });

  test('shows what a builtin builder needs of the machine', () => {
    const bind = { source: '/usr/bin/node', target: '/node', optional: false, readOnly: true };
    expect(rootOf({ binds: [bind] }).binds).toEqual([bind]);
  });

  test('binds no sandbox path of the store that is an input', () => {
    const other = fakePath('b', 'other');
    expect(rootOf({ inputs: [input, other], sandboxPaths: [other, input] }).binds).toEqual([]);
  });

  test('tells the store paths that every builder sees', () => {
    const other = fakePath('b', 'other');
    const paths = [`${input}`, '/dev', `/bin/tool=${other}/bin/tool?`];
    expect(shownStorePaths('/nix/store', paths)).toEqual([input, other]);
  });

  test('makes a 32-bit build believe in a 32-bit machine', () => {
    const { personality } = planSandbox({ ...request, platform: 'i686-linux' });
    expect(personality).toEqual(['norandomize', 'linux32']);
  });
});

describe('planUnsealed', () => {
  test('runs the same program on the machine itself, as the build user', () => {
    const user = { uid: 30_001, gid: 30_000, groups: [] };
    const spec = planUnsealed(request, user);
    expect(spec.root).toEqual({ kind: 'host', user });
    expect(spec.program.workingDir).toBe(request.buildDir);
    expect(spec.filterSystemCalls).toBe(true);
  });
});
