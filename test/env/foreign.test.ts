import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type ForeignPlaces, foreignParts, foreignPlaces } from '../../src/env/foreign.ts';

/** A busy machine takes long for megabytes. */
jest.setTimeout(60_000);

const places = foreignPlaces({ storeDir: '/tenon/store', profilesDir: '/tenon/profiles' });
const NO_LINKS = new Map<string, string>();

function partsOf(value: string, links = NO_LINKS, where: ForeignPlaces = places) {
  return foreignParts(value, where, links);
}

describe('foreignParts', () => {
  test.each([
    { value: '/nix/store/a-qt/plugins', text: '/nix/store/a-qt/plugins', why: 'a path of Nix' },
    { value: '/gnu/store/a-guile', text: '/gnu/store/a-guile', why: 'a path of Guix' },
    {
      value: '/tenon/store/a',
      text: '/tenon/store/a',
      why: 'a path of the store that is served here',
    },
    { value: '/nix/store', text: '/nix/store', why: 'the store itself' },
    { value: '/usr/lib:/nix/store/a/lib', text: '/nix/store/a/lib', why: 'an element of a list' },
    { value: '-O2 -I/nix/store/a/include', text: '/nix/store/a/include', why: 'a flag' },
    { value: '-Wl,-rpath=/nix/store/a/lib', text: '/nix/store/a/lib', why: 'a flag of the linker' },
    { value: 'file:///nix/store/a', text: '///nix/store/a', why: 'a URL' },
    { value: '//nix//store/a', text: '//nix//store/a', why: 'doubled slashes' },
    { value: '/usr/../nix/./store/a', text: '/usr/../nix/./store/a', why: 'detours' },
    {
      value: '() { /nix/store/a/bin/x; }',
      text: '/nix/store/a/bin/x',
      why: 'an exported function',
    },
    { value: 'a\n\u001b[31m/nix/store/a', text: '/nix/store/a', why: 'control characters' },
    { value: 'nixpkgs=/nix/store/a', text: '/nix/store/a', why: 'an assignment' },
  ])('finds $why', ({ value, text }) => {
    expect(partsOf(value)).toEqual([{ text, via: 'store', target: null }]);
  });

  test.each([
    '/nix/var/nix/profiles/default/bin',
    '/var/guix/profiles/system',
    '/run/current-system/sw/bin',
    '/home/alice/.nix-profile/lib',
    '/home/alice/.guix-profile',
    '/home/alice/.config/guix/current/bin',
    '/home/alice/.local/state/nix/profiles/profile',
    '/tenon/profiles/x',
  ])('finds the profile %s even where it leads nowhere', value => {
    expect(partsOf(value)).toEqual([{ text: value, via: 'profile', target: null }]);
  });

  test('finds a link that leads to a store, and says where', () => {
    const links = new Map([['/opt/qt', '/nix/store/a-qt']]);
    expect(partsOf('/usr/lib/qt:/opt/qt/', links)).toEqual([
      { text: '/opt/qt/', via: 'link', target: '/nix/store/a-qt' },
    ]);
  });

  test.each([
    '/mnt/nix/store/a',
    '/nix/storeroom/a',
    '/nix/store.old/a',
    '/usr/share/nix-profile',
    '/nix/var/nix/daemon-socket/socket',
    'nix store',
    '',
  ])('leaves "%s" alone', value => {
    expect(partsOf(value)).toEqual([]);
  });

  test.each(['/usr/lib:', '/nix/store/a b:', '/nix/store/a:', 'x /', '-I/gnu/store/'])(
    'takes megabytes of "%s" without fuss',
    piece => {
      const value = `${piece.repeat(200_000)}/nix/store/a`;
      expect(partsOf(value).length).toBeGreaterThan(0);
    },
  );

  test('takes megabytes of different foreign paths without fuss', () => {
    const value = Array.from({ length: 50_000 }, (_, number) => `/nix/store/${number} x`).join(':');
    expect(partsOf(value)).toHaveLength(50_000);
  });

  test('finds a link whose path has a space in it', () => {
    const links = new Map([['/opt/my qt', '/nix/store/a-qt']]);
    expect(partsOf('/usr/lib:/opt/my qt', links)).toMatchObject([
      { text: '/opt/my qt', via: 'link' },
    ]);
  });

  test('never throws, and finds what is behind any text that ends a word', () => {
    const law = fc.property(fc.string({ unit: 'binary' }), text => {
      expect(partsOf(`${text} /nix/store/a`).length).toBeGreaterThan(0);
    });
    fc.assert(law);
  });
});
