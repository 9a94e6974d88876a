import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findProcesses, until } from '../support/processes.ts';
import { inSituations, ordinaryUser, rootWithBuildUsers } from '../support/situations.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { leftoversIn } from '../support/witness.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

/** Scripts that leave their build directory in a state that is hard to remove. */
const MESSES: readonly { mess: string; script: string }[] = [
  { mess: 'directories that nobody may enter', script: 'mkdir -p a/b/c; chmod 000 a/b/c a/b a' },
  {
    mess: 'directories that nobody may write',
    script: 'mkdir -p a/b; touch a/b/c; chmod 555 a/b a .',
  },
  { mess: 'a directory without rights for itself', script: 'touch a; chmod 000 /build' },
  {
    mess: 'pipes and links',
    script: 'mkfifo pipe; ln -s / root; ln -s /build loop; ln -s loop self',
  },
  {
    mess: 'names of odd bytes',
    script: 'touch "$(printf \'a\\nb\')" "$(printf \'\\377\\376\')" -- -rf "*"',
  },
  {
    mess: 'a tree that is deeper than a path may be long',
    script:
      'mkdir a; n=0; while [ $n -lt 300 ]; do mkdir b; mv a b/aaaaaaaaaaaaaaa; mv b a; n=$((n + 1)); done',
  },
  { mess: 'many files', script: 'n=0; while [ $n -lt 500 ]; do : > f$n; n=$((n + 1)); done' },
  {
    mess: 'files elsewhere',
    script: 'mkdir -m 000 /tmp/a; touch /dev/shm/b; mkdir -m 000 $NIX_STORE/mine',
  },
];

const PROCESSES: readonly { what: string; script: string }[] = [
  { what: 'in the background', script: 'sleep 86411 & echo > $out' },
  { what: 'in a session of its own', script: 'setsid sleep 86411 & echo > $out' },
  {
    what: 'that ignores signals',
    script: 'sh -c \\"trap \'\' TERM INT HUP; sleep 86411; sleep 86411\\" & echo > $out',
  },
];

const both = inSituations(rootWithBuildUsers, ordinaryUser);

both('built by $who', situation => {
  let shop: Workshop;
  let daemon: TenonDaemon;

  beforeAll(async () => {
    const store = createStockStore();
    situation.prepare(store);
    shop = createWorkshop(store);
    const wrap = (argv: readonly string[]) => situation.wrap(store, argv);
    daemon = await startTenon(store, { conf: situation.conf, wrap });
  });

  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
  });

  const build = async (name: string, script: string) =>
    await shop.build(
      `run "${name}" {} "${script.replaceAll('"', '\\"').replaceAll('\\\\"', '\\"')}"`,
    );
  const isClean = () => leftoversIn(shop.store).length === 0;

  test.each(MESSES)('a builder may leave $mess', async ({ script }) => {
    const text = (end: string) => `run "mess" {} ''${script}; cd /; ${end}''`;
    await shop.build(text('echo > $out'));
    await until('all is removed', isClean);
    await shop.tryBuild(text('exit 1'));
    await until('all is removed', isClean);
    expect(leftoversIn(shop.store)).toEqual([]);
  });

  test.each(PROCESSES)('a builder may leave a process $what, which dies', async ({ script }) => {
    await shop.build(`run "leaves" { } "${script}"`);
    await until('it is gone', () => findProcesses('sleep\0' + '86411').length === 0);
  });

  describe('an output', () => {
    test('has canonical modes and owners, whatever the builder set', async () => {
      const output = await build(
        'modes',
        'mkdir -p $out/d/e; echo > $out/x; echo > $out/y; chmod 111 $out/x; chmod 000 $out/y; chmod 700 $out/d; chmod 000 $out/d/e; touch -d 1999-01-01 $out/y',
      );
      for (const [name, mode] of [
        ['', 0o555],
        ['x', 0o555],
        ['y', 0o444],
        ['d', 0o555],
        ['d/e', 0o555],
      ] as const) {
        const stat = lstatSync(join(output, name));
        expect({ name, mode: stat.mode & 0o7777, mtime: stat.mtimeMs }).toEqual({
          name,
          mode,
          mtime: 1000,
        });
        expect({ uid: stat.uid }).toEqual({ uid: situation.owner });
      }
    });

    test('may be a link to what does not exist, and is not followed', async () => {
      const output = await build('dangling', 'ln -s /etc/shadow $out');
      expect(readlinkSync(output)).toBe('/etc/shadow');
      expect(lstatSync('/etc/shadow').mtimeMs).not.toBe(1000);
    });

    test('may have any bytes in its names', async () => {
      const output = await shop.build(
        `run "names" {} ''mkdir $out; cd $out; touch "$(printf '\\377\\376')" "$(printf 'a\\nb')"; ln -s "$(printf '\\200')" link''`,
      );
      expect(readdirSync(output, 'latin1').sort()).toEqual(['a\nb', 'link', '\xff\xfe']);
    });

    test('that is a hard link to another file of the build is a file of its own', async () => {
      const output = await shop.build(
        `run "linked" {} "echo one > $NIX_STORE/file; ln $NIX_STORE/file $out"`,
      );
      // The rest of what the build made goes behind the answer.
      await until('it has no other name', () => lstatSync(output).nlink === 1);
    });

    test.each([
      { flaw: 'a pipe inside', script: 'mkdir $out; mkfifo $out/pipe', words: 'unsupported type' },
      {
        flaw: 'a file that all may write',
        script: 'mkdir $out; echo > $out/x; chmod 666 $out; chmod 777 $out',
        words: 'suspicious ownership',
      },
    ])('with $flaw is refused', async ({ script, words }) => {
      const { status, stderr } = await shop.tryBuild(
        `run "flawed" { why = "${script}"; } "${script}"`,
      );
      expect(status).not.toBe(0);
      expect(stderr).toContain(words);
      await until('all is removed', isClean);
    });

    test('beside which the builder left other names is alone', async () => {
      const other = `${shop.store.storeDir}/${'0'.repeat(32)}-other`;
      await build('alone', `echo > $out; echo evil > ${other}; echo > $NIX_STORE/.hidden`);
      expect(existsSync(other)).toBe(false);
      expect(existsSync(join(shop.store.storeDir, '.hidden'))).toBe(false);
    });
  });

  test('leaves a store that stock Nix verifies', async () => {
    const verify = ['nix-store', '--verify', '--check-contents'];
    const { status, stderr } = await shop.run(situation.wrap(shop.store, verify), 'local');
    expect(stderr).not.toMatch(/error/);
    expect(status).toBe(0);
    expect(readFileSync(join(shop.store.stateDir, 'db/schema'), 'utf8')).toBe('10');
  });
});
