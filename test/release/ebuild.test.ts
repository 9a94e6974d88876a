import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findCause } from '../../src/doctor/sandbox-causes.ts';
import { unwantedVariables } from '../../src/env/variables.ts';
import { SCHEMA_VERSION } from '../../src/store/schema.ts';
import { testAsRoot } from '../support/as-root.ts';
import { changesBetween, takeSnapshot } from '../support/machine-snapshot.ts';
import type { PackageManager, Release } from '../support/portage.ts';
import {
  addLiveCheckout,
  addVersion,
  composeRelease,
  createPhaseRunner,
  removeFolder,
} from '../support/portage.ts';
import { createEmerge, hasPortage } from '../support/portage-emerge.ts';

const LATER = '99.1.0';

const manager = hasPortage() ? createEmerge : createPhaseRunner;

const testByRunner = manager === createEmerge ? test.skip : test;

// Compiling takes seconds on an idle machine.
jest.setTimeout(300_000);

describe(`sys-apps/tenon, installed by ${manager === createEmerge ? 'emerge' : 'the phase runner'}`, () => {
  let folder: string;
  let release: Release;
  let portage: PackageManager;
  let said: string;
  const at = (path: string) => join(portage.root, path);
  const read = (path: string) => readFileSync(at(path), 'utf8');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  const link = (path: string, target: string) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    symlinkSync(target, at(path));
  };
  const inventory = () => {
    const all = takeSnapshot(portage.root, ['/etc', '/nix', '/usr', '/var/cache']);
    return new Map([...all].filter(([path]) => !ENV_UPDATE.test(path)));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tenon-ebuild-'));
    release = await composeRelease(join(folder, 'out'));
    addVersion(
      release,
      LATER,
      `echo '# later' >>init/openrc/tenon-daemon.confd
       echo '# later' >>init/openrc/tenon-daemon.initd
       echo 'export const later = true;' >src/later.ts`,
    );
    mkdirSync(join(folder, 'kernel'));
    writeFileSync(join(folder, 'kernel/Makefile'), 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\n');
    writeFileSync(join(folder, 'kernel/.config'), KERNEL);
    portage = manager(release, folder);
    said = await portage.install({ version: release.version, use: [] });
  });
  afterAll(() => removeFolder(folder));

  test('owns this outside of its own folder, and nothing of the store', () => {
    const paths = [...inventory()].filter(
      ([path]) => !/^\/usr\/(?:lib64\/tenon|share\/doc)\//.test(path),
    );
    const files = paths.filter(([, { type }]) => type !== 'directory').map(([path]) => path);
    expect(files).toEqual([
      '/etc/conf.d/tenon-daemon',
      '/etc/env.d/99tenon',
      '/etc/init.d/tenon-daemon',
      '/etc/tenon/tenon.conf',
      '/usr/bin/node',
      '/usr/bin/tenon',
      '/usr/lib/systemd/system/tenon-daemon.service',
      '/usr/lib/systemd/system/tenon-daemon.socket',
      '/usr/lib/tmpfiles.d/tenon-package.conf',
      '/usr/lib/tmpfiles.d/tenon.conf',
    ]);
  });

  test('says in env.d what Portage is to unset, and nothing that any program searches', () => {
    const lines = readdirSync(at('etc/env.d'))
      .flatMap(name => read(`etc/env.d/${name}`).split('\n'))
      .filter(line => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual([
      `ENV_UNSET="${unwantedVariables.join(' ')}"`,
      'SPACE_SEPARATED="ENV_UNSET"',
    ]);
  });

  test('compiles all machine code itself and leaves the sources out', () => {
    const home = [...takeSnapshot(portage.root, ['/usr/lib64/tenon']).keys()];
    const code = home.filter(path => /^\/usr\/lib64\/tenon\/build\/|\.node$/.test(path));
    expect(code.map(path => path.slice('/usr/lib64/tenon/'.length))).toEqual([
      'build/compile-cache',
      'build/enter',
      'build/witness',
      expect.stringMatching(/^node_modules\/koffi\/build\/koffi\/linux_[^/]*\/koffi\.node$/),
    ]);
    expect(home.filter(path => /\.(?:c|cc|h|hh|S)$|compile$/.test(path))).toEqual([]);
  });

  test('gives a program that runs with the node of the host, and keeps its cache out of /usr', () => {
    const before = takeSnapshot(portage.root, ['/usr']);
    mkdirSync(at('var/cache/tenon'), { recursive: true });
    const env = { PATH: '/nowhere:/usr/bin:/bin' };
    const version = execFileSync(at('usr/bin/tenon'), ['--version'], { env, encoding: 'utf8' });
    expect(version).toContain(release.version);
    expect(changesBetween(before, takeSnapshot(portage.root, ['/usr']))).toEqual([]);
    expect(readdirSync(at('var/cache/tenon'))).toHaveLength(1);
  });

  test('loads what it compiled', () => {
    const koffi = "require('koffi').load(null).func('int getpid()')() === process.pid";
    const folder = at('usr/lib64/tenon');
    expect(execFileSync(process.execPath, ['-p', koffi], { cwd: folder, encoding: 'utf8' })).toBe(
      'true\n',
    );
    expect(
      execFileSync(at('usr/lib64/tenon/build/enter'), ['--probe'], { encoding: 'utf8' }),
    ).toMatch(/^A userns /);
  });

  test('says what to type next', () => {
    expect(said).toMatch(
      /Next:.*tenon setup.*rc-update add tenon-daemon.*tenon doctor.*tenon env check/s,
    );
  });

  test('warns of what the kernel lacks in the words of the doctor', () => {
    const attempt = { step: 'C', name: 'pidns', result: 'EINVAL' };
    const { fixes } = findCause(attempt, { ...plainKernel, missingNamespaces: ['pid'] });
    expect(said).toContain('Without CONFIG_PID_NS');
    expect(said).toContain(fixes[0]?.description);
    expect(said).not.toContain('Without CONFIG_USER_NS');
  });

  test('with USE="build-users etc-profile" has what these say, and without them no more', async () => {
    const { version } = release;
    expect(read('etc/tenon/tenon.conf')).toContain('users.count = 4\n');
    const before = inventory();
    await portage.install({ version, use: ['build-users', 'etc-profile'] });
    expect(read('etc/profile.d/tenon.sh')).toBe(read('usr/lib64/tenon/init/profile.d/tenon.sh'));
    expect(read('etc/tenon/tenon.conf')).toContain('users.count = 32\n');
    await portage.install({ version, use: [] });
    // Portage compiles each time, and no two of these are the same.
    const differs = [/^\/var\/cache/, /\/koffi\.node$/];
    expect(changesBetween(before, inventory(), differs)).toEqual([]);
  });

  testAsRoot('is refused while the store belongs to a person', async () => {
    mkdirSync(at('nix/store'), { recursive: true });
    chownSync(at('nix/store'), 1000, 1000);
    const refused = portage.install({ version: LATER, use: [] });
    await expect(refused).rejects.toThrow(/nix\/store belongs to user 1000.*chown/s);
    rmSync(at('nix'), { recursive: true });
  });

  test('is refused when the database of the store is of a later version', async () => {
    write('nix/var/nix/db/schema', `${SCHEMA_VERSION + 1}`);
    const refused = portage.install({ version: LATER, use: [] });
    await expect(refused).rejects.toThrow(`knows ${SCHEMA_VERSION} at most`);
    write('nix/var/nix/db/schema', `${SCHEMA_VERSION}`);
  });

  test('is refused with a tarball that the Manifest does not describe, or without one', async () => {
    const tarball = join(release.distfiles, `tenon-${LATER}.tar.xz`);
    renameSync(tarball, `${tarball}.away`);
    const install = () => portage.install({ version: LATER, use: [] });
    await expect(install()).rejects.toThrow('"npm run compose -- OUT"');
    writeFileSync(tarball, readFileSync(`${tarball}.away`).fill(0, 100, 200));
    await expect(install()).rejects.toThrow(/BLAKE2B|checksum|digest/i);
    renameSync(`${tarball}.away`, tarball);
  });

  test('runs its tests with USE=test, and replaces all but configuration that was edited', async () => {
    write('etc/conf.d/tenon-daemon', 'TENON_DAEMON_ARGS="--mine"\n');
    const tested = await portage.install({ version: LATER, use: ['test'] });
    const dots = [...tested.matchAll(/^\.+$/gmu)].join('');
    expect(dots.length).toBeGreaterThan(1000);
    expect(read('etc/init.d/tenon-daemon')).toContain('# later\n');
    expect(read('etc/conf.d/tenon-daemon')).toBe('TENON_DAEMON_ARGS="--mine"\n');
    expect(read('etc/conf.d/._cfg0000_tenon-daemon')).toContain('# later\n');
    expect(existsSync(at('usr/lib64/tenon/src/later.ts'))).toBe(true);
  });

  test('goes back to an earlier version, whose files are all that is left', async () => {
    link('etc/runlevels/default/tenon-daemon', '/etc/init.d/tenon-daemon');
    write('nix/store/path', 'built');
    await portage.install({ version: release.version, use: [] });
    expect(existsSync(at('usr/lib64/tenon/src/later.ts'))).toBe(false);
    expect(read('etc/init.d/tenon-daemon')).not.toContain('# later\n');
    expect(existsSync(at('etc/conf.d/tenon-daemon'))).toBe(true);
    expect(readlinkSync(at('etc/runlevels/default/tenon-daemon'))).toBe('/etc/init.d/tenon-daemon');
  });

  // Portage runs npm with a PATH of its own.
  testByRunner('follows a checkout as the live version, and goes back to a release', async () => {
    const { programs } = addLiveCheckout(release, join(folder, 'live'));
    const before = inventory();
    const env = { PATH: `${programs}:${process.env.PATH}` };
    await portage.install({ version: '9999', use: [], env });
    expect(read('usr/lib64/tenon/src/live.ts')).toContain('live');
    const version = execFileSync(at('usr/bin/tenon'), ['--version'], { encoding: 'utf8' });
    expect(version).toContain(release.version);
    await portage.install({ version: release.version, use: [] });
    expect(changesBetween(before, inventory(), [/^\/var\/cache/, /\/\._cfg/])).toEqual([]);
  });

  test('leaves when removed: the store, and configuration that was edited', async () => {
    const wants = 'etc/systemd/system/sockets.target.wants';
    link(`${wants}/tenon-daemon.socket`, '/usr/lib/systemd/system/tenon-daemon.socket');
    link('etc/runlevels/default/other', '/etc/init.d/other');
    const gone = await portage.remove(release.version);
    const left = [...inventory()].filter(([, { type }]) => type !== 'directory');
    const paths = left.map(([path]) => path).filter(path => !path.includes('/._cfg'));
    expect(paths).toEqual([
      '/etc/conf.d/tenon-daemon',
      '/etc/runlevels/default/other',
      '/nix/store/path',
      '/nix/var/nix/db/schema',
      '/usr/bin/node',
    ]);
    expect(gone).toMatch(/Kept: the store.*tenon purge.*accounts/s);
  });
});

/** What Portage writes itself. */
const ENV_UPDATE =
  /^\/etc\/(?:csh\.env|environment\.d.*|ld\.so\..*|profile\.env)$|^\/var\/cache\/edb/;

/** A kernel without what one test looks for. */
const KERNEL = ['NAMESPACES', 'USER_NS', 'NET_NS', 'UTS_NS', 'IPC_NS']
  .map(name => `CONFIG_${name}=y\n`)
  .join('');

const plainKernel = {
  sysctls: {},
  missingNamespaces: [],
  status: {},
  appArmorProfile: undefined,
  isRoot: true,
  isChrooted: false,
  mounts: [],
};
