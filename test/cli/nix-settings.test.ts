import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readConfFile } from '../../src/cli/nix-settings.ts';

describe('readConfFile', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenon-conf-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('reads a file, also behind a symlink', () => {
    writeFileSync(at('nix.conf'), 'cores = 1\n');
    symlinkSync('nix.conf', at('link'));
    expect(readConfFile(at('nix.conf'))).toBe('cores = 1\n');
    expect(readConfFile(at('link'))).toBe('cores = 1\n');
  });

  test('finds nothing where there is nothing, or only a device', () => {
    symlinkSync('nowhere', at('link'));
    expect([at('missing'), at('link'), '/dev/null'].map(readConfFile)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    { what: 'a directory', make: (path: string) => mkdirSync(path) },
    { what: 'too long a file', make: (path: string) => writeFileSync(path, ' '.repeat(2 ** 21)) },
    { what: 'a symlink to itself', make: (path: string) => symlinkSync(path, path) },
  ])('refuses $what', ({ make }) => {
    make(at('nix.conf'));
    expect(() => readConfFile(at('nix.conf'))).toThrow(
      expect.objectContaining({
        code: 'config/unreadable',
        message: expect.stringContaining(at('nix.conf')),
      }),
    );
  });
});
