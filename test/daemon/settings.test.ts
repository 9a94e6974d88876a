import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { connectDaemon } from '../../src/client/connect.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startTenon } from '../support/tenon-daemon.ts';
import { isRoot } from '../support/users.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

/** What an administrator may write into nix.conf. */

let shop: Workshop;

beforeEach(() => {
  shop = createWorkshop();
});

afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

const contentOf = async (text: string, flags: readonly string[] = []) =>
  readFileSync(await shop.build(text, flags), 'utf8');

describe('sandbox-paths', () => {
  test('show files and folders of the machine, under other names too', async () => {
    const folder = join(shop.store.root, 'shown');
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), 'of the machine\n');
    const paths = `sandbox-paths = /folder=${folder} /one=${folder}/file ${folder} /none=/does/not/exist?`;
    await using _daemon = await startTenon(shop.store, { conf: [paths] });
    const script = `cat /folder/file /one ${folder}/file > $out; test ! -e /none; echo written > /folder/by-builder`;
    expect(await contentOf(`run "shown" {} "${script}"`)).toBe('of the machine\n'.repeat(3));
    expect(readFileSync(join(folder, 'by-builder'), 'utf8')).toBe('written\n');
  });

  test('that do not exist make the build fail, by name', async () => {
    await using _daemon = await startTenon(shop.store, {
      conf: ['sandbox-paths = /x=/does/not/exist'],
    });
    const { status, stderr } = await shop.tryBuild('run "missing" {} "echo > $out"');
    expect(status).not.toBe(0);
    expect(stderr).toContain('/does/not/exist');
  });

  test('of the store bring all that they need along', async () => {
    const tool = await shop.build(
      'run "tool" {} "printf \'#!%s\\\\necho made by a tool > $out\\\\n\' $builder > $out; chmod +x $out"',
      [],
      'local',
    );
    await using _daemon = await startTenon(shop.store, {
      conf: [`sandbox-paths = /bin/tool=${tool}`],
    });
    const text =
      'derivation { name = "made"; system = builtins.currentSystem; builder = "/bin/tool"; PATH = "/bin"; }';
    expect(await contentOf(text)).toBe('made by a tool\n');
  });
});

test('nix.conf may be a link', async () => {
  const confDir = join(shop.store.root, 'etc-daemon');
  mkdirSync(confDir);
  symlinkSync('elsewhere.conf', join(confDir, 'nix.conf'));
  await using _daemon = await startTenon(shop.store, { conf: ['system-features = linked'] });
  expect(existsSync(join(confDir, 'elsewhere.conf'))).toBe(true);
  const text = 'run "linked" { requiredSystemFeatures = [ "linked" ]; } "echo yes > $out"';
  expect(await contentOf(text)).toBe('yes\n');
});

describe('platforms', () => {
  test('may be more than one, and 32-bit builders see a 32-bit machine', async () => {
    await using _daemon = await startTenon(shop.store, { conf: ['extra-platforms = i686-linux'] });
    const text = 'run "small" { system = "i686-linux"; } "uname -m > $out"';
    expect(await contentOf(text)).toBe('i686\n');
  });

  test('have the features that the administrator gives them', async () => {
    await using _daemon = await startTenon(shop.store, { conf: ['system-features = quantum'] });
    expect(
      await contentOf(
        'run "quantum" { requiredSystemFeatures = [ "quantum" ]; } "echo yes > $out"',
      ),
    ).toBe('yes\n');
    const { stderr } = await shop.tryBuild(
      'run "other" { requiredSystemFeatures = [ "kvm" ]; } "echo > $out"',
    );
    expect(stderr).toContain('features {kvm} is required');
  });
});

describe('logs', () => {
  const logs = () =>
    readdirSync(join(shop.store.root, 'nix/var/log/nix/drvs'), {
      recursive: true,
      withFileTypes: true,
    })
      .filter(entry => entry.isFile())
      .map(({ name }) => name);

  test.each([
    { conf: 'compress-build-log = false', names: [expect.stringMatching(/-logged.drv$/)] },
    { conf: 'compress-build-log = true', names: [expect.stringMatching(/-logged.drv\.bz2$/)] },
    { conf: 'keep-build-log = false', names: [] },
  ])('are kept or not: $conf', async ({ conf, names }) => {
    {
      await using _daemon = await startTenon(shop.store, { conf: [conf] });
      await shop.build('run "logged" {} "echo a line; echo > $out"');
    }
    expect(logs()).toEqual(names);
    if (names.length === 0) return;
    const drv = await shop.instantiate('run "logged" {} "echo a line; echo > $out"', 'local');
    expect(await shop.ask(['nix-store', '--read-log', drv], 'local')).toBe('a line');
  });

  test('of a failure are shown as far as wanted', async () => {
    await using _daemon = await startTenon(shop.store, { conf: ['log-lines = 2'] });
    const { stderr } = await shop.tryBuild(
      'run "short" {} "echo one; echo two; echo three; exit 1"',
    );
    expect(stderr).toMatch(/last 2 log lines:\s+> two\s+> three\n/);
  });
});

describe('builds', () => {
  test('have the cores that the client wants, or all', async () => {
    await using _daemon = await startTenon(shop.store);
    const text = (name: string) => `run "${name}" {} "echo $NIX_BUILD_CORES > $out"`;
    expect(await contentOf(text('three'), ['--cores', '3'])).toBe('3\n');
    const all = Number(await contentOf(text('all'), ['--cores', '0']));
    expect(all).toBeGreaterThan(0);
  });

  test('are not done here when there are no jobs', async () => {
    await using _daemon = await startTenon(shop.store);
    const { stderr } = await shop.tryBuild('run "never" {} "echo > $out"', ['--max-jobs', '0']);
    expect(stderr).toMatch(/unable to start any build.*--max-jobs/);
  });

  test('take place where the administrator wants', async () => {
    const buildDir = join(shop.store.root, 'elsewhere');
    mkdirSync(buildDir);
    await using _daemon = await startTenon(shop.store, { conf: [`build-dir = ${buildDir}`] });
    const { stderr } = await shop.tryBuild('run "kept" {} "touch file; exit 1"', ['--keep-failed']);
    expect(stderr).toContain(`keeping build directory '${buildDir}/`);
  });

  test.each([
    {
      sandbox: 'relaxed',
      text: 'run "open" { __noChroot = true; } "ls -d /etc/fstab /usr > $out || true"',
      has: '/usr',
    },
    { sandbox: 'relaxed', text: 'run "sealed" { } "ls / > $out"', has: 'build' },
  ])('may be relaxed', async ({ sandbox, text, has }) => {
    await using _daemon = await startTenon(shop.store, { conf: [`sandbox = ${sandbox}`] });
    expect(await contentOf(text)).toContain(has);
  });

  test('that must not have a sandbox are refused where they must', async () => {
    await using _daemon = await startTenon(shop.store);
    const { stderr } = await shop.tryBuild('run "open" { __noChroot = true; } "echo > $out"');
    expect(stderr).toMatch(/has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'/);
  });
});

const asRoot = isRoot ? describe : describe.skip;

asRoot('users, of whom it takes root to be several,', () => {
  const connectAs = async (relay: Relay) => {
    using connection = await connectDaemon(relay.socketPath, { storeDir: shop.store.storeDir });
    return connection.trusted;
  };

  test.each([
    { conf: 'trusted-users = root 54321', trusted: true },
    { conf: 'trusted-users = *', trusted: true },
    { conf: 'trusted-users = @54320', trusted: true },
    { conf: 'trusted-users = root', trusted: false },
  ])('are trusted as the settings say: $conf', async ({ conf, trusted }) => {
    await using _daemon = await startTenon(shop.store, { conf: [conf] });
    await using relay = await startRelay(shop.store);
    expect(await connectAs(relay)).toBe(trusted);
  });

  test('who are not allowed do not get in', async () => {
    await using daemon = await startTenon(shop.store, { conf: ['allowed-users = root'] });
    await using relay = await startRelay(shop.store);
    await expect(connectAs(relay)).rejects.toMatchObject({ code: 'client/disconnected' });
    expect(daemon.log()).toContain("user '54321' is not allowed to connect");
    expect(existsSync(shop.store.socketPath)).toBe(true);
  });
});
