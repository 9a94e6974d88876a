import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createHasher,
  foldHash,
  formatHash,
  type HashAlgorithm,
  type HashForm,
  hashBytes,
  hashesEqual,
  parseHash,
} from '../../src/formats/hash.ts';
import { anyBytes, anyHash, hashOf } from './arbitraries.ts';
import { coded, hex } from './feed.ts';

const HELLO = '00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq';
const ALGORITHMS: readonly HashAlgorithm[] = ['md5', 'sha1', 'sha256', 'sha512'];

describe('hashBytes', () => {
  test.each([
    { input: '', algorithm: 'md5', nix32: '3y8bwfr609h3lh9ch0izcqq7fl' },
    { input: '', algorithm: 'sha1', nix32: '143xibwh31h9bvxzalr0sjvbbvpa6ffs' },
    {
      input: '',
      algorithm: 'sha256',
      nix32: '0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
    },
    { input: 'abc', algorithm: 'md5', nix32: '3jgzhjhz9zjvbb0kyj7jc500ch' },
    { input: 'abc', algorithm: 'sha1', nix32: 'kpcd173cq987hw957sx6m0868wv3x6d9' },
    {
      input: 'abc',
      algorithm: 'sha256',
      nix32: '1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s',
    },
    {
      input: 'abc',
      algorithm: 'sha512',
      nix32:
        '2gs8k559z4rlahfx0y688s49m2vvszylcikrfinm30ly9rak69236nkam5ydvly1ai7xac99vxfc4ii84hawjbk876blyk1jfhkbbyx',
    },
  ] as const)('gives the $algorithm of "$input"', ({ input, algorithm, nix32 }) => {
    expect(formatHash(hashBytes(algorithm, input), 'nix32')).toBe(nix32);
  });

  test('takes the char codes of a byte string for bytes', () => {
    const text = hashBytes('sha256', 'caf\xe9');
    expect(hashesEqual(text, hashBytes('sha256', hex('636166e9')))).toBe(true);
  });

  test.each(ALGORITHMS)(
    'agrees with a hasher on %s, below and above every threshold',
    algorithm => {
      const agree = fc.property(anyBytes(200), fc.nat({ max: 200 }), (bytes, cut) => {
        const hasher = createHasher(algorithm);
        hasher.update(bytes.subarray(0, cut));
        hasher.update(bytes.subarray(cut));
        expect(hashesEqual(hasher.digest(), hashBytes(algorithm, bytes))).toBe(true);
      });
      fc.assert(agree);
    },
  );
});

describe('formatHash', () => {
  test.each([
    { form: 'nix32', prefix: true, text: `sha256:${HELLO}` },
    { form: 'nix32', prefix: false, text: HELLO },
    {
      form: 'base16',
      prefix: false,
      text: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
    },
    { form: 'base64', prefix: true, text: 'sha256:WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=' },
    { form: 'sri', prefix: false, text: 'sha256-WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM=' },
  ] as const)('writes $form, prefix $prefix', ({ form, prefix, text }) => {
    expect(formatHash(hashBytes('sha256', 'hello\n'), form, { prefix })).toBe(text);
  });

  test.each<HashForm>(['nix32', 'base16', 'base64', 'sri'])('is undone in %s', form => {
    const undone = fc.property(anyHash, fc.boolean(), (hash, prefix) => {
      const parsed = parseHash(formatHash(hash, form, { prefix }), hash.algorithm);
      expect(hashesEqual(parsed, hash)).toBe(true);
    });
    fc.assert(undone);
  });
});

describe('parseHash', () => {
  test.each([
    { text: '', flaw: 'nothing' },
    { text: HELLO, flaw: 'a digest of no known algorithm' },
    { text: `sha3:${HELLO}`, flaw: 'a foreign algorithm' },
    { text: `constructor:${HELLO}`, flaw: 'the name of a property' },
    { text: `:${HELLO}`, flaw: 'an empty algorithm' },
    { text: `sha256:${HELLO.slice(1)}`, flaw: 'a digest that is too short' },
    { text: `md5:${HELLO}`, flaw: 'a digest of another length' },
    { text: `sha256:${'z'.repeat(52)}`, flaw: 'more bits than bytes', code: 'bad-nix32' },
    { text: `sha256:${'g'.repeat(64)}`, flaw: 'base 16 with a foreign letter' },
    { text: `sha256:${'é'.repeat(44)}`, flaw: 'base 64 with a foreign letter' },
    { text: `sha256:${'A'.repeat(44)}`, flaw: 'base 64 without padding' },
    { text: `sha256-${'A'.repeat(42)}B=`, flaw: 'base 64 with bits after its end' },
    { text: `sha256-${HELLO}`, flaw: 'SRI in nix32' },
    { text: 'sha256:WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM=', flaw: 'base 64 for URLs' },
  ])('refuses $flaw', ({ text, code = 'bad-hash' }) => {
    expect(() => parseHash(text)).toThrow(coded(`formats/${code}`));
  });

  test('refuses another algorithm than the one that is wanted', () => {
    expect(() => parseHash(`sha256:${HELLO}`, 'sha512')).toThrow(coded('formats/bad-hash'));
  });
});

describe('foldHash', () => {
  test('joins bytes at the same place of each round', () => {
    expect(foldHash(hex('0102030405'), 2)).toEqual(new Uint8Array(hex('0706')));
  });
});

describe('hashesEqual', () => {
  test('tells digests and algorithms apart', () => {
    const distinct = fc.property(hashOf('sha256'), hash => {
      const flipped = hash.digest.map((byte, at) => (at === 31 ? byte ^ 1 : byte));
      expect(hashesEqual(hash, { ...hash, digest: flipped })).toBe(false);
      expect(hashesEqual(hash, { ...hash, algorithm: 'sha1' })).toBe(false);
      expect(hashesEqual(hash, { ...hash, digest: hash.digest.slice() })).toBe(true);
    });
    fc.assert(distinct);
  });
});
