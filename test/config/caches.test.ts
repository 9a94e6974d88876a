import { describe, expect, test } from '@jest/globals';
import { knownCaches, parseCache } from '../../src/config/caches.ts';

const KEY = 'cache.example.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=';

describe('parseCache', () => {
  test.each(['https://cache.example.org', 'http://[::1]:8080/a/b', 'file:///srv/cache'])(
    'reads %s with a key',
    url => {
      expect(parseCache(`${url}#${KEY}`)).toEqual({ url, publicKey: KEY });
    },
  );

  test('knows the key of some caches', () => {
    expect(parseCache('https://cache.nixos.org/')).toEqual(knownCaches[0]);
  });

  test.each([
    { text: 'https://cache.example.org', flaw: 'no key' },
    { text: 'https://cache.example.org#', flaw: 'an empty key' },
    { text: `https://user:secret@cache.example.org#${KEY}`, flaw: 'a password' },
    { text: `https://cache.example.org#${KEY.slice(0, -2)}`, flaw: 'a key that is cut off' },
    { text: `ftp://cache.example.org#${KEY}`, flaw: 'another protocol' },
    { text: `cache.example.org#${KEY}`, flaw: 'no protocol' },
    { text: `https://a b#${KEY}`, flaw: 'a blank' },
    { text: `https://a"b#${KEY}`, flaw: 'a quote' },
  ])('refuses $flaw', ({ text }) => {
    expect(parseCache(text)).toBeUndefined();
  });
});
