import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checks } from '../../checks/index.ts';
import { runCommand } from '../../src/cli/cli.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import type { Report } from '../../src/doctor/report.ts';
import { testAsRoot } from '../support/as-root.ts';
import { captureOutput } from '../support/captured-output.ts';
import { diagnose, inNamespaces, ownFolder } from '../support/doctor.ts';
import { asUser, person } from '../support/users.ts';

/** A host whose nix.conf asks for no sandbox, which is a warning and nothing else. */
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tenon-doctor-'));
  chmodSync(dir, 0o755);
});
afterEach(() => rmSync(dir, { recursive: true }));

async function doctor(...argv: readonly string[]) {
  const out = captureOutput();
  const env = { NIX_CONF_DIR: dir };
  const context = { env, signal: new AbortController().signal, out };
  try {
    const status = await runCommand(context, ['doctor', '--timeout', '60', ...argv]);
    return { status, stdout: out.stdout(), stderr: out.stderr() };
  } catch (error) {
    return { status: exitCodeOf(error), error, stdout: out.stdout(), stderr: out.stderr() };
  }
}

describe('tenon doctor', () => {
  test('ends with 1 from the level on that it is given', async () => {
    writeFileSync(join(dir, 'nix.conf'), 'sandbox = false\n');
    expect(await doctor('sandbox.effective')).toMatchObject({ status: 0 });
    expect(await doctor('sandbox.effective', '--fail-on', 'warn')).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('1 warning'),
    });
  });

  test('prints one JSON document, in which every field is present', async () => {
    const { stdout } = await doctor('sandbox.effective', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      tool: expect.any(String),
      host: { distro: expect.any(String), init: expect.any(String) },
      checks: [
        {
          id: 'sandbox.effective',
          group: 'sandbox',
          status: 'pass',
          title: expect.any(String),
          summary: expect.any(String),
          evidence: [],
          cause: null,
          fixes: [],
          docs: 'tenon doctor --explain sandbox.effective',
          durationMs: expect.any(Number),
        },
      ],
      applied: [],
      summary: { pass: 1, hint: 0, warn: 0, error: 0, skip: 0, crash: 0 },
      exitCode: 0,
    });
  });

  test('prints each result as it comes, and an end', async () => {
    const { stdout } = await doctor('sandbox', '--events');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    const ids = checks.filter(({ group }) => group === 'sandbox').map(({ id }) => id);
    expect(
      events
        .slice(0, -1)
        .map(({ event, id }) => `${event} ${id}`)
        .sort(),
    ).toEqual(ids.map(id => `result ${id}`).sort());
    expect(events.at(-1)).toMatchObject({ event: 'end', exitCode: expect.any(Number) });
  });

  test('lists all checks, or those of a group', async () => {
    const all = (await doctor('--list')).stdout.trimEnd().split('\n');
    expect(all.map(line => line.split(' ')[0])).toEqual(checks.map(({ id }) => id));
    const { stdout } = await doctor('--list', 'daemon', '--json');
    const listed = JSON.parse(stdout).checks.map(({ id }: { id: string }) => id);
    expect(listed).toEqual(checks.filter(({ group }) => group === 'daemon').map(({ id }) => id));
  });

  test('explains a check', async () => {
    const { stdout } = await doctor('--explain', 'sandbox.userns');
    expect(stdout).toContain(checks.find(({ id }) => id === 'sandbox.userns')?.why);
  });

  test.each([
    { argv: ['--json', '--events'], flaw: '--json and --events' },
    { argv: ['--dry-run'], flaw: '--dry-run' },
    { argv: ['--fail-on', 'hint'], flaw: '"hint"' },
    { argv: ['--timeout', '0'], flaw: '"0"' },
    { argv: ['--timeout', 'soon'], flaw: '"soon"' },
    { argv: ['--explain', 'sandbox.nothing'], flaw: '"sandbox.nothing"' },
  ])('refuses $argv, naming $flaw', async ({ argv, flaw }) => {
    expect(await doctor(...argv)).toMatchObject({
      status: 2,
      error: expect.objectContaining({ message: expect.stringContaining(flaw) }),
    });
  });

  test('writes a report for its owner only, and refuses where it cannot', async () => {
    const file = join(dir, 'report.json');
    await doctor('sandbox.effective', '--report', file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      report: { schemaVersion: 1, checks: [{ id: 'sandbox.effective' }] },
      kernel: { release: expect.any(String) },
    });
    expect(await doctor('sandbox.effective', '--report', join(dir, 'no/where'))).toMatchObject({
      status: 2,
      error: expect.objectContaining({ message: expect.stringContaining('no/where') }),
    });
  });
});

/** Two build users, in an /etc of this namespace's own; tenon.conf asks for no more. */
const OWN_ETC = `
  mount -t tmpfs -o mode=755 own ${ownFolder}
  mkdir ${ownFolder}/upper ${ownFolder}/work
  mount -t overlay -o lowerdir=/etc,upperdir=${ownFolder}/upper,workdir=${ownFolder}/work etc /etc
  mkdir -p /etc/tenon
  echo 'users.count = 2' > /etc/tenon/tenon.conf
  groupadd -r -g 54400 nixbld
  for number in 1 2; do
    useradd -r -M -N -K SYS_UID_MAX=60000 -u 5440$number -g nixbld -G nixbld nixbld$number
  done`;

/** This checkout where nothing above it keeps an ordinary user from it. */
const tenonForEverybody = `${ownFolder}/program/src/tenon`;
const FOR_EVERYBODY = `
  mount -t tmpfs -o mode=755 own ${ownFolder}
  mkdir ${ownFolder}/program
  mount --bind "$(dirname "$0")/.." ${ownFolder}/program`;

describe('tenon doctor on a broken host', () => {
  testAsRoot('applies the fix and looks again', async () => {
    const breakIt = `${OWN_ETC}\nusermod -G '' nixbld2`;
    const report = await diagnose(breakIt, ['users.missing', 'users.membership', '--fix']);
    expect(report.applied).toMatchObject([{ check: 'users.membership', state: 'applied' }]);
    expect(report.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'users.missing pass',
      'users.membership pass',
    ]);
    expect(report.exitCode).toBe(0);
  });

  testAsRoot('shows with --dry-run what it would do, and does nothing', async () => {
    const breakIt = `${OWN_ETC}\nusermod -G '' nixbld2`;
    const report = await diagnose(breakIt, ['users.membership', '--fix', '--dry-run']);
    expect(report.applied).toMatchObject([{ check: 'users.membership', state: 'planned' }]);
    expect(report.checks).toMatchObject([{ status: 'error' }]);
    expect(report.exitCode).toBe(1);
  });

  testAsRoot('does not wait for a file that hangs', async () => {
    const script = `
      mount -t tmpfs own ${ownFolder}
      mkfifo ${ownFolder}/hangs
      mount --bind ${ownFolder}/hangs /etc/subuid
      "$0" doctor users.membership sandbox.effective --timeout 0.2 --json`;
    const { code, stdout } = await inNamespaces(script);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).checks).toMatchObject([
      { id: 'sandbox.effective', status: 'pass' },
      { id: 'users.membership', status: 'crash', summary: 'gave no answer in 200 ms' },
    ]);
  });

  testAsRoot('goes on with the defaults where its configuration is broken', async () => {
    const script = `
      mount -t tmpfs -o mode=755 own ${ownFolder}
      echo 'what is this' > ${ownFolder}/nix.conf
      export NIX_CONF_DIR=${ownFolder}`;
    const report = await diagnose(script, ['sandbox.effective']);
    expect(report.checks).toMatchObject([{ id: 'sandbox.effective', status: 'pass' }]);
  });

  testAsRoot('tells somebody else all that they may see, and what they may not', async () => {
    const script = `${FOR_EVERYBODY}
      mkdir -p ${ownFolder}/private/nix/store && chmod 700 ${ownFolder}/private
      export HOME=/ NIX_STORE_DIR=${ownFolder}/private/nix/store`;
    const command = asUser(person, [tenonForEverybody, 'doctor', 'fs', 'sandbox', '--json']);
    const { stdout } = await inNamespaces(`${script}\n${command.join(' ')} || [ $? = 1 ]`);
    const { checks: results, summary }: Report = JSON.parse(stdout);
    expect(summary.crash).toBe(0);
    expect(results.find(({ id }) => id === 'fs.store-exec')).toMatchObject({
      status: 'skip',
      summary: 'only root can see it: sudo tenon doctor fs.store-exec',
    });
    expect(results.find(({ id }) => id === 'fs.tmp-exec')?.status).not.toBe('skip');
    expect(results.find(({ id }) => id === 'sandbox.seccomp')?.status).toBe('pass');
  });

  testAsRoot('refuses to change the host for somebody else, and says what to run', async () => {
    const command = asUser(person, [tenonForEverybody, 'doctor', 'users.missing', '--fix']);
    const { code, stderr } = await inNamespaces(`${FOR_EVERYBODY}\n${command.join(' ')}`);
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringContaining('sudo tenon doctor --fix'),
    });
  });
});
