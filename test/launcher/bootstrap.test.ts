import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const bootstrap = join(import.meta.dirname, '../../src/bootstrap');

let root = '';

/** A checkout of nothing, with programs in PATH that write down that they ran. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon bootstrap-'));
  mkdirSync(join(root, 'src'));
  copyFileSync(bootstrap, join(root, 'src/bootstrap'));
  write('package-lock.json', '{}');
  write('src/enter/enter.c', '');
  write('src/doctor/witness.c', '');
  script(
    'bin/npm',
    `echo "npm $*" >> '${root}/ran'; sleep 0.1; mkdir -p node_modules; : > node_modules/.package-lock.json`,
  );
  script('bin/cc', 'exit 1');
  for (const [folder, program] of [
    ['enter', 'enter'],
    ['doctor', 'witness'],
  ])
    script(
      `src/${folder}/compile`,
      `echo "compile ${program}" >> '${root}/ran'; : > build/${program}; chmod +x build/${program}`,
    );
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function script(path: string, body: string): void {
  write(path, `#!/bin/sh\n${body}\n`);
  chmodSync(join(root, path), 0o755);
}

/** Makes a file newer than anything that has been made until now. */
function renew(path: string): void {
  const soon = new Date(Date.now() + 60_000);
  utimesSync(join(root, path), soon, soon);
}

const PATH = () => `${root}/bin:/usr/bin:/bin`;

function run(path = PATH()) {
  const argv = [join(root, 'src/bootstrap')];
  return spawnSync('/bin/sh', argv, { cwd: '/', env: { PATH: path }, encoding: 'utf8' });
}

function ran(): readonly string[] {
  return readFileSync(join(root, 'ran'), 'utf8').trim().split('\n');
}

const ALL = [
  'npm ci --include=dev --no-audit --no-fund --loglevel=error',
  'compile enter',
  'compile witness',
];

describe('bootstrap', () => {
  test('fetches and compiles in a fresh clone, and says so on stderr', () => {
    const { status, stdout, stderr } = run();
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toContain('Fetching packages');
    expect(ran()).toEqual(ALL);
  });

  test('does nothing the second time', () => {
    run();
    expect(run()).toMatchObject({ status: 0, stderr: '' });
    expect(ran()).toEqual(ALL);
  });

  test('needs no program and no write access when nothing is missing', () => {
    run();
    rmSync(join(root, 'build/bootstrap.lock'));
    mkdirSync(join(root, 'build/bootstrap.lock'));
    expect(run('/nonexistent')).toMatchObject({ status: 0, stderr: '' });
  });

  test.each([
    {
      name: 'fetches again when the lock file is newer',
      path: 'package-lock.json',
      again: ALL.slice(0, 1),
    },
    {
      name: 'compiles again what is older than its source',
      path: 'src/enter/enter.c',
      again: ['compile enter'],
    },
    {
      name: 'compiles again when a compile script is newer',
      path: 'src/doctor/compile',
      again: ['compile witness'],
    },
  ])('$name', ({ path, again }) => {
    run();
    renew(path);
    expect(run().status).toBe(0);
    expect(ran()).toEqual([...ALL, ...again]);
  });

  test('works once when several run at once', async () => {
    const argv = [join(root, 'src/bootstrap')];
    const all = Array.from({ length: 5 }, () =>
      once(spawn('/bin/sh', argv, { env: { PATH: PATH() }, stdio: 'ignore' }), 'exit'),
    );
    expect((await Promise.all(all)).map(([status]) => status)).toEqual([0, 0, 0, 0, 0]);
    expect(ran()).toEqual(ALL);
  });

  test('keeps programs of node_modules out of the PATH of npm', () => {
    script('node_modules/.bin/npm', 'exit 9');
    expect(run(`${root}/node_modules/.bin:${PATH()}`).status).toBe(0);
  });

  test('drops a Node that does not run here', () => {
    script(
      'bin/npm',
      'mkdir -p node_modules/node/bin; echo "#!/nonexistent" > node_modules/node/bin/node; chmod +x node_modules/node/bin/node',
    );
    expect(run()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('does not run on this machine'),
    });
    expect(() => readFileSync(join(root, 'node_modules/node/bin/node'))).toThrow('ENOENT');
  });

  test.each([
    { name: 'npm fails', path: 'bin/npm', message: 'Cannot fetch packages: npm ci failed' },
    {
      name: 'a program does not compile',
      path: 'src/enter/compile',
      message: 'Cannot compile enter',
    },
  ])('fails, and tries again next time, when $name', ({ path, message }) => {
    script(path, 'exit 4');
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
    expect(run().status).toBe(1);
  });

  test('says what to install where there is no npm', () => {
    rmSync(join(root, 'bin/npm'));
    script('bin/mkdir', '/bin/mkdir "$@"');
    expect(run(`${root}/bin`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there is no npm'),
    });
  });
});
