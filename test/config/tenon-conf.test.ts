import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeTenonConf, parseTenonConf } from '../../src/config/tenon-conf.ts';

const FILE = '/etc/tenon/tenon.conf';
const parse = (text: string) => Object.fromEntries(parseTenonConf(text, FILE));
const merge = (text: string, changes: Readonly<Record<string, string>>) =>
  mergeTenonConf(text, changes, FILE);

describe('parseTenonConf', () => {
  test.each([
    { name: 'nothing', text: '', values: {} },
    { name: 'a key without section', text: 'mode = multi', values: { mode: 'multi' } },
    { name: 'a section', text: '[users]\nbase = 1', values: { 'users.base': '1' } },
    { name: 'a full name', text: 'users.base = 1', values: { 'users.base': '1' } },
    { name: 'a section in a section', text: '[a.b]\nc = 1', values: { 'a.b.c': '1' } },
    { name: 'comments', text: '; a = 1\n# b = 2\nc = 3 ; d', values: { c: '3' } },
    { name: 'quotes', text: 'a = " b;c "', values: { a: ' b;c ' } },
    {
      name: 'words that are more than text to ini',
      text: 'a = true\nb = null',
      values: { a: 'true', b: 'null' },
    },
    { name: 'a list', text: 'shells[] = bash\nshells[] = fish', values: { shells: 'bash fish' } },
    { name: 'the last of two', text: 'a = 1\na = 2', values: { a: '2' } },
    { name: 'no way into prototypes', text: '[__proto__]\na = 1\n[b]\n__proto__ = 2', values: {} },
  ])('reads $name', ({ text, values }) => {
    expect(parse(text)).toEqual(values);
  });

  test('rejects a long text', () => {
    expect(() => parse(' '.repeat(1024 * 1024 + 1))).toThrow(
      expect.objectContaining({ code: 'config/too-long' }),
    );
  });
});

const TEXT = `# Written by hand.
mode = multi  ; for everybody

[users]
; not 30000, which is taken
base = 31000

[mine]
secret = 1
`;

describe('mergeTenonConf', () => {
  test('leaves the text alone when it says so already', () => {
    expect(merge(TEXT, { mode: 'multi', 'users.base': '31000' })).toBe(TEXT);
  });

  test('replaces a value where it stands', () => {
    expect(merge(TEXT, { 'users.base': '32000' })).toBe(TEXT.replace('31000', '32000'));
  });

  test('adds a value to its section', () => {
    const added = TEXT.replace('base = 31000\n', 'base = 31000\ncount = 8\n');
    expect(merge(TEXT, { 'users.count': '8' })).toBe(added);
  });

  test('adds a value without section below the others', () => {
    const line = 'mode = multi  ; for everybody\n';
    expect(merge(TEXT, { init: 'openrc' })).toBe(TEXT.replace(line, `${line}init = openrc\n`));
  });

  test('adds a value without section above the first section', () => {
    expect(merge('[users]\nbase = 1\n', { mode: 'user' })).toBe('mode = user\n[users]\nbase = 1\n');
  });

  test('adds a section', () => {
    expect(merge(TEXT, { 'store.dir': '/s' })).toBe(`${TEXT}\n[store]\ndir = /s\n`);
  });

  test('writes into nothing', () => {
    expect(merge('', { 'users.base': '1', 'users.count': '2' })).toBe(
      '[users]\nbase = 1\ncount = 2\n',
    );
  });

  test('replaces every copy of a value', () => {
    expect(merge('a = 1\na = 2', { a: '3' })).toBe('a = 3\na = 3');
  });

  test('finds a full name', () => {
    expect(merge('users.base = 1\n', { 'users.base': '2' })).toBe('users.base = 2\n');
  });

  test.each([
    { flaw: 'a line break in a name', text: '', changes: { 'a\nb': 'c' } },
    {
      flaw: 'a section with the name of a key',
      text: 'users = 1\n',
      changes: { 'users.base': '1' },
    },
  ])('rejects $flaw', ({ text, changes }) => {
    expect(() => merge(text, changes)).toThrow(
      expect.objectContaining({ code: 'config/unwritable-answer' }),
    );
  });

  test('is read back, and changes nothing else', () => {
    const anyName = fc.constantFrom(
      'mode',
      'shells',
      'users.base',
      'users.count',
      'mine.other',
      'a.b.c',
    );
    const trouble = fc.constantFrom(
      '"',
      "'",
      '\\',
      ';',
      '#',
      ' ',
      '=',
      '[',
      ']',
      '\n',
      '\r',
      '\u2028',
      'a',
    );
    const anyValue = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: trouble }));
    const anyChanges = fc.dictionary(anyName, anyValue, {
      noNullPrototype: true,
    });
    const readBack = fc.property(anyChanges, changes => {
      expect(parse(merge(TEXT, changes))).toEqual({ ...parse(TEXT), ...changes });
    });
    fc.assert(readBack);
  });
});
