import { describe, expect, test } from '@jest/globals';
import { negotiate, versionWord } from '../../src/protocol/versions.ts';
import { coded } from '../formats/feed.ts';

describe('negotiate', () => {
  test.each([
    { own: 38, announced: 0x115, minor: 21, which: 'theirs' },
    { own: 21, announced: 0x126, minor: 21, which: 'ours' },
    { own: 38, announced: 0x1ff, minor: 38, which: 'ours' },
    { own: 38, announced: 0x126, minor: 38, which: 'both' },
  ])('takes the smaller minor: $which', ({ own, announced, minor }) => {
    expect(negotiate(own, announced)).toBe(minor);
  });

  test.each([
    { announced: 0x226, flaw: 'another major' },
    { announced: 0x26, flaw: 'no major' },
    { announced: 0x1_0126, flaw: 'more than a version' },
    { announced: 2n ** 64n - 1n, flaw: 'an absurd word' },
  ])('refuses $flaw', ({ announced }) => {
    expect(() => negotiate(38, announced)).toThrow(coded('protocol/unsupported-version'));
  });

  test('understands what versionWord writes', () => {
    expect(versionWord(34)).toBe(0x122);
    expect(negotiate(38, versionWord(34))).toBe(34);
  });
});
