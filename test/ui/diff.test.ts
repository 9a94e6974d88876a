import { describe, expect, test } from '@jest/globals';
import { shownDiff, unifiedDiff } from '../../src/ui/diff.ts';

const TEN = '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n';

describe('unifiedDiff', () => {
  test.each([
    {
      what: 'a file that did not exist',
      before: undefined,
      after: 'a\nb\n',
      lines: ['--- /dev/null', '+++ /etc/x', '@@ -0,0 +1,2 @@', '+a', '+b'],
    },
    {
      what: 'lines at the end, with three before them',
      before: TEN,
      after: `${TEN}11\n`,
      lines: ['--- /etc/x', '+++ /etc/x', '@@ -8,3 +8,4 @@', ' 8', ' 9', ' 10', '+11'],
    },
    {
      what: 'a line in the middle, with three on each side',
      before: TEN,
      after: TEN.replace('5', 'five'),
      lines: [
        '--- /etc/x',
        '+++ /etc/x',
        '@@ -2,7 +2,7 @@',
        ' 2',
        ' 3',
        ' 4',
        '-5',
        '+five',
        ' 6',
        ' 7',
        ' 8',
      ],
    },
    {
      what: 'a line that was there twice',
      before: 'a\na\n',
      after: 'a\n',
      lines: ['--- /etc/x', '+++ /etc/x', '@@ -1,2 +1,1 @@', ' a', '-a'],
    },
  ])('shows $what', ({ before, after, lines }) => {
    expect(unifiedDiff('/etc/x', before, after).split('\n')).toEqual(lines);
  });

  test('shows nothing of equal texts', () => {
    expect(unifiedDiff('/etc/x', TEN, TEN)).toBe('--- /etc/x\n+++ /etc/x');
  });
});

describe('shownDiff', () => {
  test('keeps control characters and passwords to itself', () => {
    const before =
      'access-tokens = host=hunter2\n# \u001b[2J\nurl = https://ann:secret@example.org\n';
    expect(shownDiff({ file: '/etc/x', before, after: `${before}mine = 1\n` }).slice(3)).toEqual([
      ' access-tokens = …',
      ' # ?[2J',
      ' url = https://…@example.org',
      '+mine = 1',
    ]);
  });
});
