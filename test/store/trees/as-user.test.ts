import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect } from '@jest/globals';
import { testAsRoot } from '../../support/as-root.ts';
import { runProgram } from '../../support/run-program.ts';
import { removeTree } from '../../support/trees.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const USER = { uid: 4242, gid: 4343 };
const AS_USER = ['setpriv', `--reuid=${USER.uid}`, `--regid=${USER.gid}`, '--clear-groups'];

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-as-user-'));
  chownSync(root, USER.uid, USER.gid);
});
afterEach(() => removeTree(root));

function mayReadProject(): boolean {
  const [program = '', ...args] = [...AS_USER, 'test', '-r', join(PROJECT, 'package.json')];
  try {
    execFileSync(program, args);
    return true;
  } catch {
    return false; // test(1) says no
  }
}

describe('an ordinary user', () => {
  // Root may do what others may not: write to directories of mode 0555, and read what has no read permission.
  testAsRoot(
    'passes the tests of restore, settle and remove as well',
    async () => {
      if (!mayReadProject()) {
        process.stderr.write(`Skipped: an ordinary user cannot read ${PROJECT}\n`);
        return;
      }
      const jest = [
        process.execPath,
        '--experimental-vm-modules',
        join(PROJECT, 'node_modules/jest/bin/jest.js'),
        `--rootDir=${PROJECT}`,
        `--cacheDirectory=${root}/cache`,
        'test/store/trees/(restore|settle|remove|flat-file)',
      ];
      const environment = [
        'env',
        '-i',
        `PATH=${process.env.PATH}`,
        `TMPDIR=${root}`,
        `HOME=${root}`,
      ];
      const { code, stderr } = await runProgram([...AS_USER, ...environment, ...jest], {
        timeoutMs: 100_000,
      });

      expect(stderr).toContain('PASS test/store/trees/remove.test.ts');
      expect(code).toBe(0);
    },
    120_000,
  );
});
