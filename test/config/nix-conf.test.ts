import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatNixConf, MAX_CONF_BYTES, parseNixConf } from '../../src/config/nix-conf.ts';

/** The settings of `/etc/nix/nix.conf` in a world of files. */
function read(text: string, files: Readonly<Record<string, string>> = {}): readonly string[][] {
  const parsed = parseNixConf(text, '/etc/nix/nix.conf', path => files[path]);
  return parsed.map(({ name, value }) => [name, value]);
}

describe('parseNixConf', () => {
  test.each([
    { name: 'a setting', text: 'a = b', settings: [['a', 'b']] },
    { name: 'a value of words', text: 'a = b  c\td', settings: [['a', 'b c d']] },
    { name: 'an empty value', text: 'a =', settings: [['a', '']] },
    { name: 'an equals sign in a value', text: 'a = b = c', settings: [['a', 'b = c']] },
    { name: 'nothing', text: '', settings: [] },
    { name: 'blank lines and comments', text: '\n  \t\n# a = b\n   # c', settings: [] },
    { name: 'a comment behind a value', text: 'a = b#c = d', settings: [['a', 'b']] },
    {
      name: 'line ends of another system',
      text: 'a = b\r\nc = d\r\n',
      settings: [
        ['a', 'b'],
        ['c', 'd'],
      ],
    },
    { name: 'blanks around everything', text: '\t a  =  b \t', settings: [['a', 'b']] },
    { name: 'bytes that are not UTF-8', text: 'a = \xff\xfe', settings: [['a', '\xff\xfe']] },
    {
      name: 'the same name twice',
      text: 'a = 1\na = 2',
      settings: [
        ['a', '1'],
        ['a', '2'],
      ],
    },
  ])('reads $name', ({ text, settings }) => {
    expect(read(text)).toEqual(settings);
  });

  test('says where a setting was written', () => {
    const files = { '/etc/nix/more': '\nb = 2' };
    const parsed = parseNixConf(
      'a = 1\ninclude more',
      '/etc/nix/nix.conf',
      path => files[path as never],
    );
    expect(parsed.map(({ origin }) => origin)).toEqual([
      { file: '/etc/nix/nix.conf', line: 1 },
      { file: '/etc/nix/more', line: 2 },
    ]);
  });

  test.each([
    { name: 'beside the file', text: 'include x', file: '/etc/nix/x' },
    { name: 'below the file', text: 'include d/x', file: '/etc/nix/d/x' },
    { name: 'above the file', text: 'include ../x', file: '/etc/x' },
    { name: 'anywhere', text: 'include /a/./b//x', file: '/a/b/x' },
    { name: 'that may be missing', text: '!include x', file: '/etc/nix/x' },
  ])('includes a file $name', ({ text, file }) => {
    expect(read(`a = 1\n${text}\nc = 3`, { [file]: 'b = 2' })).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
  });

  test('includes relative to the file that includes', () => {
    expect(read('include d/x', { '/etc/nix/d/x': 'include y', '/etc/nix/d/y': 'a = 1' })).toEqual([
      ['a', '1'],
    ]);
  });

  test('includes a file twice when neither is inside the other', () => {
    expect(read('include x\ninclude x', { '/etc/nix/x': 'a = 1' })).toHaveLength(2);
  });

  test('goes on without a file that may be missing', () => {
    expect(read('!include x\na = 1')).toEqual([['a', '1']]);
  });

  test.each([
    { flaw: 'a name alone', text: 'a', code: 'config/bad-line' },
    { flaw: 'no blank before the equals sign', text: 'a= b', code: 'config/bad-line' },
    { flaw: 'no blank behind the equals sign', text: 'a =b', code: 'config/bad-line' },
    { flaw: 'a value without equals sign', text: 'a b c', code: 'config/bad-line' },
    { flaw: 'an equals sign alone', text: '=', code: 'config/bad-line' },
    { flaw: 'an include of nothing', text: 'include', code: 'config/bad-line' },
    { flaw: 'an include of two files', text: 'include a b', code: 'config/bad-line' },
    { flaw: 'an include commented out halfway', text: 'include # a', code: 'config/bad-line' },
    { flaw: 'a missing file', text: 'include x', code: 'config/missing-include' },
    { flaw: 'a file that includes itself', text: 'include nix.conf', code: 'config/include-cycle' },
    { flaw: 'a long text', text: '#'.repeat(MAX_CONF_BYTES + 1), code: 'config/too-long' },
    { flaw: 'many includes', text: '!include x\n'.repeat(257), code: 'config/too-many-includes' },
  ])('rejects $flaw', ({ text, code }) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }));
  });

  test('rejects files that include each other', () => {
    const files = { '/etc/nix/x': 'include y', '/etc/nix/y': 'include x' };
    expect(() => read('include x', files)).toThrow(
      expect.objectContaining({ code: 'config/include-cycle' }),
    );
  });

  test('rejects files that multiply', () => {
    const readConf = (path: string) => `include ${path}x`;
    expect(() => parseNixConf('include /a', '/nix.conf', readConf)).toThrow(
      expect.objectContaining({ code: 'config/too-many-includes' }),
    );
  });

  test('rejects a relative include in a variable', () => {
    expect(() => parseNixConf('include x', 'NIX_CONFIG', () => '')).toThrow(
      expect.objectContaining({ code: 'config/relative-include' }),
    );
  });

  test('names file and line of what it rejects', () => {
    expect(() => read('a = 1\n\nbad')).toThrow('"/etc/nix/nix.conf" line 3: "bad"');
  });

  test('keeps control characters out of messages', () => {
    expect(() => read('\u001b[31mbad')).toThrow('"?[31mbad"');
  });
});

const anyWord = fc.stringMatching(/^[!-"$-~]{1,12}$/);

describe('formatNixConf', () => {
  test('writes a line for each setting', () => {
    expect(formatNixConf({ a: 'b', list: ['c', 'd'], none: '' })).toBe(
      'a = b\nlist = c d\nnone =\n',
    );
  });

  test.each([
    { flaw: 'a comment', name: 'a', value: 'b # c' },
    { flaw: 'a line break', name: 'a', value: 'b\nc = d' },
    { flaw: 'doubled blanks', name: 'a', value: 'b  c' },
    { flaw: 'a blank in the name', name: 'a b', value: 'c' },
    { flaw: 'a keyword as name', name: 'include', value: 'c' },
    { flaw: 'an empty name', name: '', value: 'c' },
  ])('rejects $flaw', ({ name, value }) => {
    expect(() => formatNixConf({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'config/unwritable' }),
    );
  });

  test('is undone by parseNixConf', () => {
    const keyword = ['include', '!include'];
    const anyName = anyWord.filter(name => !keyword.includes(name) && !/^\d+$/.test(name));
    const anySettings = fc.dictionary(anyName, fc.array(anyWord), { noNullPrototype: true });
    const undone = fc.property(anySettings, settings => {
      const expected = Object.entries(settings).map(([name, words]) => [name, words.join(' ')]);
      expect(read(formatNixConf(settings))).toEqual(expected);
    });
    fc.assert(undone);
  });
});

test('parseNixConf gives settings or a TenonError for any text', () => {
  const anyText = fc.array(
    fc.oneof(anyWord, fc.constantFrom('=', '\n', ' ', '#', 'include ', '\0', '\xff')),
  );
  const total = fc.property(anyText, parts => {
    try {
      read(parts.join(''));
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^config\//) });
    }
  });
  fc.assert(total);
});
