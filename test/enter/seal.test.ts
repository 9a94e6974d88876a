import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { SealedRoot } from '../../src/build/sandbox-spec.ts';
import { compileProgram } from './compile.ts';
import { Ground } from './ground.ts';

/** Runs `script` in a sealed root that differs in `root`. */
async function runIn(
  ground: Ground,
  script: string,
  root: Partial<SealedRoot> = {},
): Promise<string> {
  const { log, outcome } = await ground.run(ground.spec(script, root));
  expect(outcome.kind).toBe('exited');
  return log;
}

describe('a sealed root', () => {
  test.each([
    'touch /new',
    'touch /etc/new',
    'echo root::0:0::/: >> /etc/passwd',
    'chmod 700 /etc',
    'rm -f /etc/passwd',
    'mkdir /nix',
    'touch /dev/new',
    'rm -f /dev/null',
    'dd if=/dev/zero of=/fill bs=1M count=1',
    'mount -t tmpfs none /tmp',
    'umount /proc',
    'mount -o remount,bind,rw /',
    'unshare -Ur mount -o remount,bind,rw /',
    'unshare -Urm umount /etc/../usr',
    'chroot /tmp /bin/true',
    'mknod /build/sda b 8 0',
    'hostname other',
    'su -c true',
    'ls /root || ls /home || ls /var || ls /sys',
  ])('refuses to %s', async attempt => {
    using ground = new Ground('memory');
    const log = await runIn(ground, `(${attempt}) > /dev/null 2>&1 && echo allowed`);
    expect(log).toBe('');
  });

  test('has terminals of its own', async () => {
    using ground = new Ground('memory');
    expect(await runIn(ground, 'exec 3<> /dev/ptmx; cd /dev/pts; echo *')).toBe('0 ptmx\n');
  });

  test('has nothing above it', async () => {
    using ground = new Ground('memory');
    expect(await runIn(ground, 'cd /..; ls -di / /.. . | cut -d" " -f1 | uniq | wc -l')).toBe(
      '1\n',
    );
    expect(await runIn(ground, 'ls -d /../root /proc/1/root/root 2> /dev/null')).toBe('');
  });

  test('shows no process but its own', async () => {
    using ground = new Ground('memory');
    expect(await runIn(ground, 'cd /proc; echo [0-9]*')).toBe('1\n');
  });

  test('bounds its shared memory', async () => {
    using ground = new Ground('memory');
    const fill =
      'dd if=/dev/zero of=/dev/shm/fill bs=64k count=64 2> /dev/null; stat -c %s /dev/shm/fill';
    expect(await runIn(ground, fill, { shmSize: '1m' })).toBe('1048576\n');
  });

  test('has a network of its own, in which the loopback is up', async () => {
    using ground = new Ground('memory');
    const script = `cut -d: -f1 < /proc/net/dev | tail -n +3 | tr -d ' '
      echo > /dev/tcp/127.0.0.1/1; echo > /dev/tcp/198.51.100.1/1`;
    const log = await runIn(ground, script);
    expect(log).toMatch(/^lo\n.*Connection refused\n.*\n.*Network is unreachable\n/);
  });

  test('has the network of the machine when it needs one', async () => {
    using ground = new Ground('memory');
    const names = (table: string) => table.match(/\S+(?=:)/g);
    const log = await runIn(ground, 'cat /proc/net/dev', { network: 'host' });
    expect(names(log)).toEqual(names(readFileSync('/proc/net/dev', 'latin1')));
  });

  test('may be without devices', async () => {
    using ground = new Ground('memory');
    expect(await runIn(ground, 'test -e /dev/null; echo $?', { devices: 'none' })).toBe('1\n');
  });

  test('may have /dev/kvm, when the machine has it', async () => {
    using ground = new Ground('memory');
    const log = await runIn(ground, 'ls /dev | grep -v kvm | wc -l', { devices: 'with-kvm' });
    expect(log).toBe('13\n');
  });

  test('has the files that it is given, byte for byte', async () => {
    using ground = new Ground('memory');
    const content = String.fromCharCode(...Array(256).keys());
    const files = [{ path: '/opt/deep/file', mode: 0o640, content }];
    const log = await runIn(ground, 'cat /opt/deep/file; stat -c %a /opt/deep/file', { files });
    expect(log).toBe(`${content}640\n`);
  });

  test.each([
    { scope: true, network: 'host' as const, answer: 'EPERM' },
    { scope: false, network: 'host' as const, answer: 'connected' },
    { scope: false, network: 'new' as const, answer: 'ECONNREFUSED' },
  ])(
    'answers a connection to an abstract socket with $answer when scoped: $scope, network: $network',
    async ({ scope, network, answer }) => {
      if (scope && !hasScopes()) return; // Linux 6.12 and later
      using ground = new Ground('memory');
      const name = `enter-test-${process.pid}`;
      const server = createServer(socket => socket.end()).listen(`\0${name}`);
      const program = ground.nameInput('connect');
      copyFileSync(compileProgram('connect.c'), program);
      const spec = ground.spec(`${program} ${name}`, { network });
      const { log } = await ground.run({ ...spec, scopeAbstractSockets: scope });
      await new Promise(resolve => server.close(resolve));
      expect(log).toBe(`${answer}\n`);
    },
  );
});

function hasScopes(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 12);
}

describe('a bind', () => {
  /** A root with one bind of the file or directory `source` to /mine, besides those of the system. */
  function rootWith(ground: Ground, source: string, more = {}): Partial<SealedRoot> {
    const bind = { source, target: '/mine', readOnly: true, optional: false, ...more };
    return { binds: [...ground.sealedRoot().binds, bind] };
  }

  function outside(ground: Ground): string {
    const path = join(ground.base, 'outside');
    mkdirSync(join(path, 'inner'), { recursive: true });
    writeFileSync(join(path, 'file'), 'outside\n');
    return path;
  }

  test('shows a directory, read-only', async () => {
    using ground = new Ground('memory');
    const script = 'cat /mine/file; echo new > /mine/file; ls -d /mine/inner';
    expect(await runIn(ground, script, rootWith(ground, outside(ground)))).toMatch(
      /^outside\n.*Read-only file system\n\/mine\/inner\n$/,
    );
  });

  test('writes through when it is to', async () => {
    using ground = new Ground('memory');
    const source = join(outside(ground), 'file');
    chmodSync(source, 0o666);
    await runIn(ground, 'echo new > /mine', rootWith(ground, source, { readOnly: false }));
    expect(readFileSync(source, 'utf8')).toBe('new\n');
  });

  test('follows a symlink', async () => {
    using ground = new Ground('memory');
    const link = join(ground.base, 'link');
    symlinkSync(join(outside(ground), 'file'), link);
    expect(await runIn(ground, 'cat /mine', rootWith(ground, link))).toBe('outside\n');
  });

  test('may be missing when it is optional', async () => {
    using ground = new Ground('memory');
    const root = rootWith(ground, join(ground.base, 'none'), { optional: true });
    expect(await runIn(ground, 'ls -d /mine 2> /dev/null', root)).toBe('');
  });

  test('must not be missing otherwise', async () => {
    using ground = new Ground('memory');
    const source = join(ground.base, 'none');
    const { outcome } = await ground.run(ground.spec('true', rootWith(ground, source)));
    expect(outcome).toMatchObject({ kind: 'refused', word: 'bind', path: source, errno: 'ENOENT' });
  });

  test('makes nothing in a directory of the machine', async () => {
    using ground = new Ground('memory');
    const source = outside(ground);
    const target = '/usr/enter-test';
    const { outcome } = await ground.run(ground.spec('true', rootWith(ground, source, { target })));
    expect(outcome).toMatchObject({ kind: 'refused', word: 'bind', path: target, errno: 'EXDEV' });
  });

  test('makes nothing through a symlink', async () => {
    using ground = new Ground('memory');
    symlinkSync('/etc', join(ground.base, 'build/tmp/trap'));
    const root = rootWith(ground, outside(ground), { target: '/tmp/trap/new' });
    const { outcome } = await ground.run(ground.spec('true', root));
    expect(outcome).toMatchObject({ kind: 'refused', word: 'bind', errno: 'ENOTDIR' });
  });
});

test('a build directory must not be a symlink', async () => {
  using ground = new Ground('memory');
  const link = join(ground.base, 'link');
  symlinkSync('/', link);
  const buildDirs = [{ source: link, target: '/build' }];
  const { outcome } = await ground.run(ground.spec('true', { buildDirs }));
  expect(outcome).toMatchObject({
    kind: 'refused',
    word: 'build-dir',
    path: link,
    errno: 'ENOTDIR',
  });
});
