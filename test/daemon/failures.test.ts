import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { asUser, isRoot, person } from '../support/users.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

let shop: Workshop;
let daemon: TenonDaemon;

beforeAll(async () => {
  shop = createWorkshop();
  daemon = await startTenon(shop.store);
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

interface Failed {
  readonly message: string;
  readonly output: string;
}

/** Builds something that fails, and looks at what is left of it. */
async function fail(text: string, ...flags: readonly string[]): Promise<Failed> {
  const { status, stderr } = await shop.tryBuild(text, flags);
  expect(status).not.toBe(0);
  const drv = await shop.instantiate(text);
  const output = await shop.ask(['nix-store', '-q', '--outputs', drv]);
  return { message: stderr, output };
}

async function isValid(path: string): Promise<boolean> {
  return (await shop.run(['nix-store', '--check-validity', path])).status === 0;
}

const leftovers = () =>
  readdirSync(shop.store.storeDir).filter(name => /-tenon-|\.lock$|\.chroot$/.test(name));

describe('a builder that fails', () => {
  test('leaves nothing valid, and nothing in the store', async () => {
    const { message, output } = await fail(
      `run "failing" {} "echo to stdout; echo to stderr >&2; mkdir $out; exit 7"`,
    );
    expect(message).toMatch(/builder for '.*-failing.drv' failed with exit code 7/);
    expect(await isValid(output)).toBe(false);
    expect(existsSync(output)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  test('has its last lines shown, ten by default, and its whole log kept', async () => {
    const text = `run "talking" {} "for n in $(echo 1 2 3 4 5 6 7 8 9 10 11 12); do echo line $n; done; false"`;
    const { message } = await fail(text);
    expect(message).toContain('last 10 log lines:');
    expect(message).toMatch(/> line 3\n/);
    expect(message).not.toMatch(/> line 2\n/);
    const log = await shop.ask(['nix-store', '--read-log', await shop.instantiate(text)]);
    expect(log.split('\n').length).toBe(12);
  });

  test('can be tried again, and then succeed', async () => {
    const missing = (bb: string) => `run "missing" { } "test -e ${bb} || exit 3; echo > $out"`;
    await fail(missing('/nowhere'));
    expect(await shop.build(missing('/build'))).toContain('-missing');
  });

  test.each([
    {
      how: 'without its output',
      script: 'true',
      message: /failed to produce output path for output 'out' at/,
    },
    {
      how: 'with a world-writable output',
      script: 'mkdir $out; chmod 777 $out',
      message: /suspicious ownership or permission/,
    },
    { how: 'with a pipe for an output', script: 'mkfifo $out', message: /unsupported type/ },
  ])('$how is reported', async ({ script, message }) => {
    const failed = await fail(`run "ends" { why = "${script}"; } "${script}"`);
    expect(failed.message).toMatch(message);
    expect(await isValid(failed.output)).toBe(false);
    expect(leftovers()).toEqual([]);
  });

  test('that does not exist is reported', async () => {
    const text =
      'derivation { name = "none"; system = builtins.currentSystem; builder = "/none"; }';
    expect((await fail(text)).message).toMatch(/executing '\/none': No such file or directory/);
  });
});

describe('limits', () => {
  test.each([
    {
      limit: ['--timeout', '1'],
      script: 'while :; do echo x; sleep 0.2; done',
      message: /timed out after 1 seconds/,
    },
    {
      limit: ['--max-silent-time', '1'],
      script: 'echo x; sleep 60',
      message: /timed out after 1 seconds of silence/,
    },
    {
      limit: ['--option', 'max-build-log-size', '1000'],
      script: 'yes',
      message: /killed after writing more than 1000 bytes of log output/,
    },
  ])('kill the builder: $limit', async ({ limit, script, message }) => {
    const started = Date.now();
    const failed = await fail(`run "limited" { why = "${script}"; } "${script}"`, ...limit);
    expect(failed.message).toMatch(message);
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(leftovers()).toEqual([]);
  });
});

describe('several builds', () => {
  const three = `[ (run "good" {} "sleep 0.5; echo > $out") (run "bad" {} "exit 5") (run "after" { after = run "bad" {} "exit 5"; } "echo > $out") ]`;

  test('stop at the first failure', async () => {
    const { stderr } = await shop.tryBuild(three, ['--max-jobs', '1']);
    expect(stderr).toMatch(/builder for '.*-bad.drv' failed with exit code 5/);
    expect(stderr).not.toContain("'good'");
  });

  test('start no builder after a failure', async () => {
    const bad = (name: string) => `(run "${name}" {} "exit 5")`;
    const four = `[ ${['one', 'two', 'three', 'four'].map(bad).join(' ')} ]`;
    const { stderr } = await shop.tryBuild(four, ['--max-jobs', '1']);
    expect(stderr.match(/^building /gm)).toHaveLength(1);
  });

  const needed = '(run "needed" {} "echo first; echo second; exit 5")';
  test.each([
    { what: 'a dependency', text: `run "needs" { needed = ${needed}; } "echo > $out"` },
    { what: 'one of many', text: `[ ${needed} (run "other" {} "exit 6") ]` },
  ])('show the failure of $what indented, as Nix does', async ({ text }) => {
    const { stderr } = await shop.tryBuild(text, ['--keep-going']);
    expect(stderr).toContain(
      'exit code 5;\n       last 2 log lines:\n       > first\n       > second\n       For full logs',
    );
  });

  test('go on with what does not depend on the failure, when told to', async () => {
    const { status, stderr } = await shop.tryBuild(three, ['--keep-going', '--max-jobs', '2']);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/builder for '.*-bad.drv' failed with exit code 5/);
    expect(stderr).toMatch(/1 dependencies of derivation '.*-after.drv' failed to build/);
    const good = await shop.instantiate(`run "good" {} "sleep 0.5; echo > $out"`);
    expect(await isValid(await shop.ask(['nix-store', '-q', '--outputs', good]))).toBe(true);
  });
});

describe('a build directory', () => {
  const text = `run "kept" {} "echo treasure > file; exit 1"`;

  test('is kept for a look when told to', async () => {
    const { message } = await fail(text, '--keep-failed');
    const kept = /note: keeping build directory '([^']*)'/.exec(message)?.[1] ?? '';
    expect(readFileSync(join(kept, 'file'), 'utf8')).toBe('treasure\n');
  });

  const maybe = isRoot ? test : test.skip; // needs root, to be two users

  maybe('that was kept can be read by the user who asked', async () => {
    chmodSync(shop.store.root, 0o755);
    const { message } = await fail(text, '--keep-failed');
    const kept = /note: keeping build directory '([^']*)'/.exec(message)?.[1] ?? '';
    expect(await shop.ask(asUser(person, ['cat', join(kept, 'file')]))).toBe('treasure');
  });

  test('is gone otherwise', async () => {
    const builds = join(shop.store.stateDir, 'builds');
    const before = readdirSync(builds);
    await fail(`run "gone" {} "echo treasure > file; exit 1"`);
    expect(readdirSync(builds)).toEqual(before);
  });
});
