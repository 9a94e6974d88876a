import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

/** What people do with a store, by the stock client's commands. */

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

const nix = (...words: readonly string[]) =>
  shop.ask(['nix', '--extra-experimental-features', 'nix-command', ...words]);
const store = (...words: readonly string[]) => shop.ask(['nix-store', ...words]);
const shell = (script: string) => shop.ask(['sh', '-euc', script]);
const chain = 'import ./chain.nix "commands" 3';

describe('adding', () => {
  test.each([
    { what: 'a folder', argv: ['nix-store', '--add', 'bb'], ca: /^fixed:r:sha256:/ },
    { what: 'a file', argv: ['nix-store', '--add', 'run.nix'], ca: /^fixed:r:sha256:/ },
    {
      what: 'a flat file',
      argv: ['nix-store', '--add-fixed', 'sha256', 'run.nix'],
      ca: /^fixed:sha256:/,
    },
    {
      what: 'a flat file by SHA-1',
      argv: ['nix-store', '--add-fixed', 'sha1', 'run.nix'],
      ca: /^fixed:sha1:/,
    },
    {
      what: 'a folder by SHA-512',
      argv: ['nix-store', '--add-fixed', '--recursive', 'sha512', 'bb'],
      ca: /^fixed:r:sha512:/,
    },
  ] as const)('$what gives the path that stock Nix computes', async ({ argv, ca }) => {
    const path = await shop.ask([...argv]);
    expect(await shop.ask([...argv], 'local')).toBe(path);
    const [info] = JSON.parse(await nix('path-info', '--json', path));
    expect(info.ca).toMatch(ca);
    expect(await store('--verify-path', path)).toBe('');
  });

  test('by the newer commands gives the same paths', async () => {
    expect(await nix('store', 'add-path', 'bb')).toBe(await store('--add', 'bb'));
    expect(await nix('store', 'add-file', 'run.nix')).toBe(
      await store('--add-fixed', 'sha256', 'run.nix'),
    );
  });

  test('of a large folder works like that of a small one', async () => {
    await shell(
      'mkdir -p large; for n in $(seq 500); do echo $n > large/$n; done; head -c 30000000 /dev/zero > large/zero',
    );
    const path = await store('--add', 'large');
    expect(await shell(`diff -r large ${path} && echo same`)).toBe('same');
  });
});

describe('building', () => {
  test.each([
    { how: 'nix-store --realise', argv: (drv: string) => ['nix-store', '--realise', drv] },
    {
      how: 'nix build',
      argv: (drv: string) => [
        'nix',
        '--extra-experimental-features',
        'nix-command',
        'build',
        '--no-link',
        '--print-out-paths',
        drv,
      ],
    },
  ])('by $how takes a derivation', async ({ argv }) => {
    const drv = await shop.instantiate(chain);
    const [program = '', ...args] = argv(drv);
    const { status, stderr } = await shop.run([
      program,
      ...args.filter(arg => arg !== '--print-out-paths'),
    ]);
    expect({
      status,
      stderr: stderr
        .replace(/^(building|these|this| {2}).*$/gm, '')
        .replace(/^warning: you did not.*$/gm, '')
        .trim(),
    }).toEqual({ status: 0, stderr: '' });
    const output = await store('--query', '--outputs', drv);
    expect(readFileSync(output, 'utf8')).toBe('0\n1\n2\n3\n');
  });

  test('by nix build tells what was built, as JSON', async () => {
    const drv = await shop.instantiate(
      'run "json" { outputs = [ "out" "dev" ]; } "echo > $out; echo > $dev"',
    );
    const [built] = JSON.parse(await nix('build', '--no-link', '--json', drv));
    expect(built).toMatchObject({
      drvPath: drv,
      outputs: { out: expect.stringMatching(/-json$/), dev: expect.stringMatching(/-json-dev$/) },
    });
  });

  test('dry names what would be built, and builds nothing', async () => {
    const text = 'import ./chain.nix "dry" 2';
    const { stderr } = await shop.tryBuild(text, ['--dry-run']);
    expect(stderr).toContain('these 3 derivations will be built:');
    const local = await shop.tryBuild(text, ['--dry-run'], 'local');
    expect(stderr).toBe(local.stderr);
    const { stderr: after } = await shop.tryBuild(text, ['--dry-run']);
    expect(after).toBe(stderr);
  });

  test('of an output that does not exist is refused before anything is announced', async () => {
    const drv = await shop.instantiate('run "outputs" {} "echo > $out"');
    const { status, stderr } = await shop.run(['nix-store', '--realise', `${drv}!nothing`]);
    expect(stderr).toMatch(/^error: derivation '.*-outputs.drv' does not have an output 'nothing'/);
    expect(status).toBe(1);
  });

  test('leaves a link, which is a root', async () => {
    await shop.ask([
      'nix-build',
      '--out-link',
      'linked',
      '-E',
      `(import ./run.nix) "linked" {} "echo > $out"`,
    ]);
    expect(await store('--gc', '--print-roots')).toContain(
      `${join(shop.store.root, 'work/linked')} -> `,
    );
  });
});

describe('the log of a builder', () => {
  test('arrives line by line, with what it says in JSON', async () => {
    const script = `echo plain; echo '@nix {"action":"setPhase","phase":"install"}'; echo '@nix {"action":"msg","level":0,"msg":"from the builder"}'; printf 'no end'; echo > $out`;
    const text = `run "talks" {} (builtins.readFile ./talk)`;
    writeFileSync(join(shop.store.root, 'work/talk'), script);
    const { stderr } = await shop.tryBuild(text);
    expect(stderr).toMatch(/^plain$/m);
    expect(stderr).toMatch(/^no end$/m);
    expect(stderr).toMatch(/from the builder/);
    expect(stderr).not.toContain('setPhase');
    const log = await store('--read-log', await shop.instantiate(text));
    expect(log).toContain('plain\n@nix {"action":"setPhase"');
  });

  test('arrives whole, however fast it comes', async () => {
    const text = `run "fast" {} "yes a line | head -n 20000; echo > $out"`;
    const { stderr } = await shop.tryBuild(text);
    expect(stderr.match(/^a line$/gm)).toHaveLength(20_000);
  });

  test('may have any bytes, which are kept', async () => {
    const text = `run "bytes" {} ''printf '\\377\\000\\033[1m\\r\\n'; echo > $out''`;
    await shop.build(text);
    const drv = await shop.instantiate(text);
    expect(await shell(`nix-store --read-log ${drv} | od -An -tx1`)).toBe(
      ' ff 00 1b 5b 31 6d 0d 0a',
    );
  });
});

describe('bringing back what was deleted', () => {
  const remove = (...paths: readonly string[]) =>
    shop.ask(['nix-store', '--delete', ...paths], 'local');

  test('from a cache', async () => {
    const path = await shop.build('import ./chain.nix "copied" 0');
    const cache = `file://${shop.store.root}/cache`;
    await nix('copy', '--to', cache, path);
    await remove(path);
    await nix('copy', '--no-check-sigs', '--from', cache, path);
    expect(await nix('store', 'verify', '--no-trust', path)).toBe('');
    expect(readFileSync(path, 'utf8')).toBe('0\n');
  });

  test('from an export, with what refers to it', async () => {
    const text = (name: string, needs: string) => `run "${name}" { } "echo ${needs} > $out"`;
    const lower = await shop.build(text('lower', 'nothing'));
    const upper = await shop.build(text('upper', `\${${text('lower', 'nothing')}}`));
    await shell(`nix-store --export ${lower} ${upper} > exported`);
    await remove(lower, upper);
    expect(await shell('nix-store --import < exported')).toBe(`${lower}\n${upper}`);
    expect(await store('--query', '--references', upper)).toBe(lower);
  });
});

describe('verifying', () => {
  test('finds what was changed and what is gone', async () => {
    const changed = await shop.build('run "changed" {} "echo before > $out"');
    const gone = await shop.build('run "gone" {} "echo > $out"');
    chmodSync(changed, 0o644);
    writeFileSync(changed, 'after\n');
    await shell(`rm ${gone}`);
    const { status, stderr } = await shop.run(['nix-store', '--verify', '--check-contents']);
    expect(stderr).toContain(`path '${changed}' was modified!`);
    expect(stderr).toContain(`path '${gone}' disappeared`);
    expect(status).not.toBe(0);
    expect((await shop.run(['nix-store', '--check-validity', gone])).status).not.toBe(0);
    writeFileSync(changed, 'before\n');
    expect((await shop.run(['nix-store', '--verify', '--check-contents'])).status).toBe(0);
  });
});

describe('what the daemon does not have yet', () => {
  test.each([
    { what: 'collecting garbage', argv: ['nix-store', '--gc'] },
    { what: 'optimising', argv: ['nix-store', '--optimise'] },
    { what: 'repairing', argv: ['nix-store', '--verify', '--repair'] },
    { what: 'checking', argv: ['nix-build', '--check', '--no-out-link', '-E', chain] },
  ] as const)('is refused in words: $what', async ({ argv }) => {
    const { status, stderr } = await shop.run([...argv]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: Cannot .*: this daemon does not have/);
    expect(stderr).toContain('NIX_REMOTE=local');
  });
});
