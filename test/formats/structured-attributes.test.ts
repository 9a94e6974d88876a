import { describe, expect, test } from '@jest/globals';
import { encodeText } from '../../src/formats/byte-string.ts';
import { structuredFiles } from '../../src/formats/structured-attributes.ts';
import { coded } from './feed.ts';

const JSON_TEXT =
  '{"bad-name":1,"builder":"/bin/sh","f":1.5,"fa":false,"i":42,"l":[1,"two",true,null],' +
  '"m":{"x":"1","y":2},"n":null,"name":"envst","nested":{"a":[1]},"s":"it\'s",' +
  '"system":"x86_64-linux","t":true}';
const OUTPUTS = { out: '/nix/store/31air73j9ibpyvvb1qzziywg0xcy0wnp-envst' };

const shellOf = (value: unknown) => structuredFiles('{}', { v: value }).sh;

describe('structuredFiles', () => {
  test('writes .attrs.sh as Nix does', () => {
    expect(structuredFiles(JSON_TEXT, { outputs: OUTPUTS }).sh).toBe(
      [
        "declare builder='/bin/sh'",
        'declare fa=',
        'declare i=42',
        "declare -a l=(1 'two' 1 '' )",
        "declare -A m=(['x']='1' ['y']=2 )",
        "declare n=''",
        "declare name='envst'",
        "declare -A outputs=(['out']='/nix/store/31air73j9ibpyvvb1qzziywg0xcy0wnp-envst' )",
        "declare s='it'\\''s'",
        "declare system='x86_64-linux'",
        'declare t=1',
        '',
      ].join('\n'),
    );
  });

  test('writes .attrs.json with what was added, sorted', () => {
    const { json } = structuredFiles(encodeText('{"z":1.0,"outputs":["out"],"a":"é"}'), {
      outputs: OUTPUTS,
    });
    expect(json).toBe(encodeText(`{"a":"é","outputs":{"out":"${OUTPUTS.out}"},"z":1.0}`));
  });

  test.each([
    { json: '2147483647', sh: '2147483647' },
    { json: '2147483648', sh: '-2147483648' },
    { json: '1099511627777', sh: '1' },
    { json: '9223372036854775807', sh: '-1' },
    { json: '1e+20', sh: '-2147483648' },
    { json: '1.0', sh: '1' },
    { json: '-0.0', sh: '0' },
    { json: '16777217', sh: '16777217' },
    { json: '16777217.5', sh: '16777217' },
  ])('writes the number $json as $sh, as Nix does', ({ json, sh }) => {
    expect(structuredFiles(`{"v":${json}}`, {}).sh).toBe(`declare v=${sh}\n`);
  });

  test.each([
    { what: 'an empty list', value: [], sh: 'declare -a v=()\n' },
    { what: 'an empty object', value: {}, sh: 'declare -A v=()\n' },
    { what: 'false in a list', value: [false, 1], sh: 'declare -a v=( 1 )\n' },
    { what: 'keys with quotes', value: { "a'b": 1 }, sh: "declare -A v=(['a'\\''b']=1 )\n" },
    { what: 'a newline', value: 'a\nb', sh: "declare v='a\nb'\n" },
    { what: 'a list in a list', value: [[1]], sh: '' },
    { what: 'a list in an object', value: { a: [1] }, sh: '' },
    { what: 'a fraction in a list', value: [1.5, 1], sh: '' },
  ])('writes $what', ({ value, sh }) => {
    const { sh: written } = structuredFiles(JSON.stringify({ v: value }), {});
    expect(written).toBe(sh);
  });

  test.each(['9x', 'a-b', 'a b', '', 'é', 'x;rm'])('leaves out the name "%s"', name => {
    expect(structuredFiles(encodeText(JSON.stringify({ [name]: 1 })), {}).sh).toBe('');
  });

  test('takes numbers of the program itself', () => {
    expect(shellOf(7)).toBe('declare v=7\n');
    expect(shellOf([{ narSize: 1 }])).toBe('');
  });

  test.each([
    { flaw: 'no JSON', json: '{', code: 'bad-structured-attributes' },
    { flaw: 'a list', json: '[]', code: 'bad-structured-attributes' },
    { flaw: 'a million brackets', json: '['.repeat(1e6), code: 'bad-structured-attributes' },
    {
      flaw: 'a deep list',
      json: `{"a":${'['.repeat(600)}${']'.repeat(600)}}`,
      code: 'json-too-deep',
    },
  ])('refuses $flaw', ({ json, code }) => {
    expect(() => structuredFiles(json, {})).toThrow(coded(`formats/${code}`));
  });
});
