import { describe, expect, test } from '@jest/globals';
import { parseAssignments, parseEnviron } from '../../src/env/environment.ts';

describe('parseEnviron', () => {
  test('keeps newlines, equals signs, control characters and names that are no names', () => {
    const text =
      'A=1\0B=x=y\nz\0C=\u001b[2J\0BASH_FUNC_f%%=() { :; }\0A=2\0junk\0=empty\0__proto__=p\0';
    expect([...parseEnviron(text)]).toEqual([
      ['A', '1'],
      ['B', 'x=y\nz'],
      ['C', '\u001b[2J'],
      ['BASH_FUNC_f%%', '() { :; }'],
      ['__proto__', 'p'],
    ]);
  });
});

describe('parseAssignments', () => {
  test('reads what env-update, pam_env and systemd write', () => {
    const text = [
      "export A='/nix/store/a'",
      'B="/nix/store/b"',
      '  C=/nix/store/c  ',
      "export D=$'/nix/store/d'",
      '# E=/nix/store/e',
      'not an assignment',
      '1F=x',
      'G="',
    ].join('\n');
    expect([...parseAssignments(text)]).toEqual([
      ['A', '/nix/store/a'],
      ['B', '/nix/store/b'],
      ['C', '/nix/store/c'],
      ['D', '/nix/store/d'],
      ['G', '"'],
    ]);
  });
});
