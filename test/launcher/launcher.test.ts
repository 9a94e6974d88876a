import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testAsRoot } from '../support/as-root.ts';

const SYSTEM_PATH = '/usr/bin:/bin';
const launcher = join(import.meta.dirname, '../../src/tenon');

/** Shows what the program was started with, and ends with a status of its own. */
const MAIN = `
const answer: { argv: string[]; flags: string[]; node: string } = {
  argv: process.argv.slice(2),
  flags: process.execArgv,
  node: process.execPath,
};
console.log(JSON.stringify(answer));
process.exitCode = 7;
`;

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon launcher-'));
  mkdirSync(join(root, 'app/src'), { recursive: true });
  copyFileSync(launcher, join(root, 'app/src/tenon'));
  writeFileSync(join(root, 'app/src/main.ts'), MAIN);
  writeFileSync(join(root, 'app/package.json'), '{ "type": "module" }');
});

afterEach(() => rmSync(root, { recursive: true }));

function installOwnNode(): void {
  link('app/node_modules/node/bin/node', process.execPath);
}

function link(path: string, target: string): string {
  const place = join(root, path);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place);
  return place;
}

/** A program that says it is this version of Node. */
function fakeNode(folder: string, script: string): string {
  const path = join(root, folder, 'node');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return dirname(path);
}

function run(argv: readonly [string, ...string[]], { cwd = '/', path = SYSTEM_PATH } = {}) {
  const [program, ...args] = argv;
  const env = { PATH: path };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  return { status, stderr, answer: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('the launcher', () => {
  test('hands over its arguments as they are', () => {
    installOwnNode();
    const argv = ['', 'a b', '*', '--version', "'", '$HOME', 'ü'];
    expect(run([join(root, 'app/src/tenon'), ...argv])).toMatchObject({ answer: { argv } });
  });

  test('gives back the exit code and keeps quiet', () => {
    installOwnNode();
    expect(run([join(root, 'app/src/tenon')])).toMatchObject({ status: 7, stderr: '' });
  });

  test('turns warnings about experiments off', () => {
    installOwnNode();
    const { answer } = run([join(root, 'app/src/tenon')]);
    expect(answer.flags).toEqual(['--disable-warning=ExperimentalWarning']);
  });

  test('keeps compiled code in the folder of builds when that is its own', () => {
    installOwnNode();
    mkdirSync(join(root, 'app/build'));
    run([join(root, 'app/src/tenon')]);
    expect(readdirSync(join(root, 'app/build'))).toEqual(['compile-cache']);
  });

  test('keeps no compiled code where there is no such folder', () => {
    installOwnNode();
    run([join(root, 'app/src/tenon')]);
    expect(readdirSync(join(root, 'app')).sort()).toEqual(['node_modules', 'package.json', 'src']);
  });

  testAsRoot('keeps no compiled code in a folder of somebody else', async () => {
    installOwnNode();
    mkdirSync(join(root, 'app/build'));
    chownSync(join(root, 'app/build'), 1000, 1000);
    run([join(root, 'app/src/tenon')]);
    expect(readdirSync(join(root, 'app/build'))).toEqual([]);
  });

  test.each([
    { name: 'by a relative path', argv: ['app/src/tenon'] },
    { name: 'from its folder', argv: ['./tenon'], cwd: 'app/src' },
    { name: 'from a folder beside it', argv: ['../src/tenon'], cwd: 'app/src' },
    { name: 'by a shell', argv: ['sh', 'tenon'], cwd: 'app/src' },
  ] as const)('works $name', ({ argv, ...where }) => {
    installOwnNode();
    const cwd = join(root, 'cwd' in where ? where.cwd : '');
    expect(run([...argv], { cwd })).toMatchObject({ status: 7 });
  });

  test('works by its name in PATH', () => {
    installOwnNode();
    const path = `${join(root, 'app/src')}:${SYSTEM_PATH}`;
    expect(run(['sh', '-c', 'exec tenon'], { path })).toMatchObject({ status: 7 });
  });

  test.each([
    { name: 'an absolute one', links: { 'bin/tenon': 'ROOT/app/src/tenon' } },
    { name: 'a relative one', links: { 'bin/tenon': '../app/src/tenon' } },
    {
      name: 'a chain of them',
      links: {
        'bin/tenon': '../a/b/c',
        'a/b/c': '../second',
        'a/second': 'ROOT/third',
        third: 'app/src/tenon',
      },
    },
    { name: 'one to a folder', links: { bin: 'app/src' } },
    { name: 'one to a folder above', links: { other: 'app', 'bin/tenon': '../other/src/tenon' } },
  ])('works through symlinks: $name', ({ links }) => {
    installOwnNode();
    for (const [path, target] of Object.entries(links)) link(path, target.replace('ROOT', root));
    expect(run([join(root, 'bin/tenon'), 'x'])).toMatchObject({
      status: 7,
      answer: { argv: ['x'] },
    });
  });

  test("prefers the checkout's own Node", () => {
    installOwnNode();
    const path = `${fakeNode('bin', 'exit 9')}:${SYSTEM_PATH}`;
    expect(run([join(root, 'app/src/tenon')], { path })).toMatchObject({ status: 7 });
  });

  test('takes the first Node in PATH that is new enough', () => {
    const folders = [
      join(root, 'missing'),
      fakeNode('old', 'echo v20.19.1'),
      fakeNode('broken', 'echo trouble >&2; exit 1'),
      fakeNode('odd', 'echo hello'),
      dirname(link('new/node', process.execPath)),
      fakeNode('later', 'echo v99.0.0'),
    ];
    mkdirSync(join(root, 'folder/node'), { recursive: true });
    const path = ['', join(root, 'folder'), ...folders, SYSTEM_PATH].join(':');
    expect(run([join(root, 'app/src/tenon')], { path })).toMatchObject({
      status: 7,
      stderr: '',
      answer: { node: process.execPath },
    });
  });

  test('says what it looked at when there is no Node', () => {
    const old = fakeNode('old', '[ "$1" = --version ] && echo v23.11.0');
    const broken = fakeNode('broken', 'exit 1');
    const tools = fakeTools();
    const { status, stderr } = run([join(root, 'app/src/tenon')], {
      path: [old, broken, tools].join(':'),
    });
    expect(status).toBe(1);
    expect(stderr).toBe(
      [
        'tenon: Cannot start: there is no Node.js 24 or newer. Looked at:',
        `  ${root}/app/node_modules/node/bin/node: missing`,
        `  ${old}/node: v23.11.0`,
        `  ${broken}/node: does not run`,
        'Install Node.js 24.',
        '',
      ].join('\n'),
    );
  });

  test('names bootstrap in a checkout, and says that PATH is empty', () => {
    writeFileSync(join(root, 'app/src/bootstrap'), '');
    writeFileSync(join(root, 'app/package-lock.json'), '');
    const { stderr } = run([join(root, 'app/src/tenon')], { path: fakeTools() });
    expect(stderr).toContain('  PATH: no node in it\n');
    expect(stderr).toContain(`Run "${root}/app/src/bootstrap", or install Node.js 24.\n`);
  });
});

/** A folder for PATH with what the launcher itself needs, and no Node. */
function fakeTools(): string {
  return dirname(link('tools/readlink', '/usr/bin/readlink'));
}
