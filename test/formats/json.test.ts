import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeText } from '../../src/formats/byte-string.ts';
import { Double, formatJson, parseJson } from '../../src/formats/json.ts';
import { coded } from './feed.ts';

describe('formatJson', () => {
  test.each([
    { from: '{"b":1, "a":[ true,null ]}', to: '{"a":[true,null],"b":1}' },
    { from: '{"10":1,"9":2}', to: '{"10":1,"9":2}' },
    { from: '{"__proto__":1}', to: '{"__proto__":1}' },
    { from: '"\\u0001\\u001f\\u007f\\/\\b\\t\\""', to: '"\\u0001\\u001f\x7f/\\b\\t\\""' },
    { from: '"\\u00e9\\ud83d\\ude00"', to: encodeText('"é😀"') },
    { from: '9223372036854775807', to: '9223372036854775807' },
    { from: '18446744073709551615', to: '18446744073709551615' },
    { from: '-0', to: '0' },
    { from: '1.0', to: '1.0' },
    { from: '-0.0', to: '-0.0' },
    { from: '1.5', to: '1.5' },
    { from: '1e3', to: '1000.0' },
    { from: '1e20', to: '1e+20' },
    { from: '1e-07', to: '1e-07' },
    { from: '1e-05', to: '1e-05' },
    { from: '0.0001', to: '0.0001' },
    { from: '123456.789', to: '123456.789' },
    { from: '1e14', to: '100000000000000.0' },
    { from: '1e15', to: '1e+15' },
    { from: '1.25e-300', to: '1.25e-300' },
    { from: '1e300', to: '1e+300' },
  ])('writes $from as $to', ({ from, to }) => {
    expect(formatJson(parseJson(from))).toBe(to);
  });

  test('sorts keys by their UTF-8', () => {
    expect(formatJson({ '\u{10000}': 1, '\uffff': 2 })).toBe(
      encodeText('{"\uffff":2,"\u{10000}":1}'),
    );
  });

  test('is undone by parseJson', () => {
    const undone = fc.property(fc.jsonValue({ stringUnit: 'binary' }), value => {
      const written = formatJson(value);
      expect(formatJson(parseJson(written))).toBe(written);
    });
    fc.assert(undone);
  });

  test('refuses what nests too deep', () => {
    const deep = parseJson('['.repeat(502) + ']'.repeat(502));
    expect(() => formatJson(deep)).toThrow(coded('formats/json-too-deep'));
  });
});

describe('parseJson', () => {
  test('keeps a fraction of nothing apart from an integer', () => {
    expect(parseJson('[1, 1.0]')).toEqual([1, new Double(1)]);
  });

  test.each(['', '{', '01', '1e999', '{"a":}', '"\xe9"', '['.repeat(1_000_000)])(
    'does not read "%.20s"',
    text => {
      expect(parseJson(text)).toBeUndefined();
    },
  );
});
