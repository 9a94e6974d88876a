import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ContentAddress,
  contentAddressPath,
  formatContentAddress,
  formatContentMethod,
  parseContentAddress,
  parseContentMethod,
  parseOutputMethod,
} from '../../src/formats/content-address.ts';
import { hashBytes } from '../../src/formats/hash.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { anyHash, hashOf } from './arbitraries.ts';
import { coded, STORE_DIR } from './feed.ts';

const HELLO = parseStorePath(STORE_DIR, `${STORE_DIR}/gwina1sjk7g95wq6fxc6b7s1hza53h74-hello`);
const SHA256 = '00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq';

const anyContentAddress: fc.Arbitrary<ContentAddress> = fc.oneof(
  fc.record({ method: fc.constantFrom('flat' as const, 'nar' as const), hash: anyHash }),
  fc.record({ method: fc.constantFrom('text' as const, 'git' as const), hash: hashOf('sha256') }),
);

describe('contentAddressPath', () => {
  test.each([
    { ca: `text:sha256:${SHA256}`, path: 'nmrmdcw1bfnl35a893n7nyhw4xa5vy08-hello' },
    { ca: `fixed:sha256:${SHA256}`, path: '8zv8i345w2xn27jrxj4cyjc6x3b4am1q-hello' },
    { ca: 'fixed:md5:4425hx5d1mc9y39llj4k4nm55i', path: 'nwyv04d03kciinw9gbbrg1bgc8c3j886-hello' },
    {
      ca: 'fixed:sha1:iwjz551fyw0cxcjgf4l6c879zabd6wpm',
      path: '032avhrrgjp8441c41iid7ywc92j4z76-hello',
    },
    {
      ca: 'fixed:r:sha256:04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
      path: 'gwina1sjk7g95wq6fxc6b7s1hza53h74-hello',
    },
    {
      ca: 'fixed:r:sha1:mxa9yfah3q2v8zlaf6ba1pzbhfq3jg92',
      path: 'gvm7470bspk5gqd40g7gia4pccg49dn1-dir',
    },
    {
      ca: 'fixed:git:sha1:993998wwkrzrcmpp0slxpa0b0cjkc0ff',
      path: 'dlr22xdmma53ig8996d4wfrbir1lppsg-hello',
    },
    {
      ca: 'fixed:r:sha1:wz60bbf44cw7nswp1wv8vcsyfg155sqd',
      path: '1911wznsqgk27grvfkx2lcn2b67ckf8n-fixedrecsha1',
    },
  ])('of $ca', ({ ca, path }) => {
    const address = parseContentAddress(ca);
    const object = { name: path.slice(33), references: [] };
    expect(contentAddressPath(STORE_DIR, address, object)).toBe(`${STORE_DIR}/${path}`);
    expect(formatContentAddress(address)).toBe(ca);
  });

  test('counts a self reference', () => {
    const address = parseContentAddress(
      'fixed:r:sha256:0mc9w9k513gqjxrbnzhcbcjn7bhfb8r8s4b67r82yr59i7jwzaz9',
    );
    const object = { name: 'caself', references: [], hasSelf: true };
    expect(contentAddressPath(STORE_DIR, address, object)).toBe(
      `${STORE_DIR}/l9v1xfb6ffwnsc2f6a4jkv6vib4l86iq-caself`,
    );
  });

  test.each([
    { ca: `fixed:sha256:${SHA256}`, references: [HELLO], hasSelf: false },
    { ca: `fixed:sha256:${SHA256}`, references: [], hasSelf: true },
    { ca: 'fixed:r:sha1:mxa9yfah3q2v8zlaf6ba1pzbhfq3jg92', references: [HELLO], hasSelf: false },
    { ca: `text:sha256:${SHA256}`, references: [], hasSelf: true },
  ])('refuses references that $ca cannot have', ({ ca, references, hasSelf }) => {
    const object = { name: 'x', references, hasSelf };
    expect(() => contentAddressPath(STORE_DIR, parseContentAddress(ca), object)).toThrow(
      coded('formats/references-not-allowed'),
    );
  });
});

describe('parseContentAddress', () => {
  test('undoes formatContentAddress', () => {
    const undone = fc.property(anyContentAddress, address => {
      const parsed = parseContentAddress(formatContentAddress(address));
      expect(formatContentAddress(parsed)).toBe(formatContentAddress(address));
    });
    fc.assert(undone);
  });

  test('takes the hash in any base', () => {
    const { hash } = parseContentAddress(
      'fixed:r:sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',
    );
    expect(hash.digest).toEqual(hashBytes('sha256', 'hello\n').digest);
  });

  test.each([
    { text: '', flaw: 'nothing', code: 'bad-content-address' },
    { text: `r:sha256:${SHA256}`, flaw: 'no "fixed:"', code: 'bad-content-address' },
    {
      text: 'text:md5:4425hx5d1mc9y39llj4k4nm55i',
      flaw: 'a text by md5',
      code: 'bad-content-address',
    },
    {
      text: 'fixed:git:md5:4425hx5d1mc9y39llj4k4nm55i',
      flaw: 'git by md5',
      code: 'bad-content-address',
    },
    { text: 'fixed:r:sha256', flaw: 'no hash', code: 'bad-hash' },
    { text: `fixed:x:sha256:${SHA256}`, flaw: 'a foreign method', code: 'bad-hash' },
    { text: `fixed:r:sha256:${SHA256}x`, flaw: 'a hash that is too long', code: 'bad-hash' },
  ])('refuses $flaw', ({ text, code }) => {
    expect(() => parseContentAddress(text)).toThrow(coded(`formats/${code}`));
  });
});

describe('parseContentMethod', () => {
  test.each(['text:sha256', 'fixed:sha256', 'fixed:r:sha1', 'fixed:git:sha1', 'fixed:md5'])(
    'reads %s',
    text => {
      expect(formatContentMethod(parseContentMethod(text))).toBe(text);
    },
  );

  test.each([
    '',
    'sha256',
    'fixed:',
    'fixed:r:',
    'text:sha1',
    'fixed:r:r:sha1',
    'fixed:constructor',
  ])('refuses "%s"', text => {
    expect(() => parseContentMethod(text)).toThrow(coded('formats/bad-content-address'));
  });
});

describe('parseOutputMethod', () => {
  test.each([
    { text: 'sha256', method: 'flat', algorithm: 'sha256' },
    { text: 'r:sha1', method: 'nar', algorithm: 'sha1' },
    { text: 'git:sha256', method: 'git', algorithm: 'sha256' },
    { text: 'text:sha256', method: 'text', algorithm: 'sha256' },
  ])('reads $text', ({ text, method, algorithm }) => {
    expect(parseOutputMethod(text)).toEqual({ method, algorithm });
  });

  test.each(['', 'r:', 'fixed:sha256', 'R:sha256', 'text:md5'])('refuses "%s"', text => {
    expect(() => parseOutputMethod(text)).toThrow(coded('formats/bad-content-address'));
  });
});
