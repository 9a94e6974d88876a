import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatContentAddress } from '../../src/formats/content-address.ts';
import { formatNarInfo, type NarInfo, parseNarInfo } from '../../src/formats/narinfo.ts';
import { anyStorePath, anyStorePaths, hashOf } from './arbitraries.ts';
import { coded, STORE_DIR } from './feed.ts';

const DEP = `StorePath: /nix/store/0rsklwz1h5hk4s39hb839krknz4qr44q-dep
URL: nar/0d8nk9d5dcpvqr3r1n9ny3xsvizx8h301702smrmbsykwkixhiin.nar
Compression: none
FileHash: sha256:0d8nk9d5dcpvqr3r1n9ny3xsvizx8h301702smrmbsykwkixhiin
FileSize: 272
NarHash: sha256:0d8nk9d5dcpvqr3r1n9ny3xsvizx8h301702smrmbsykwkixhiin
NarSize: 272
References: 1radlkdxc8picjlxx21bxdlhsxh397q8-fixed.txt blvsjpb1mykw6ciizmf0jbzlxnyw4dvq-multi-dev i5xvchlm36jash0k9ndh3vya563ls965-simple
Deriver: 25c9nqnhxrh1acdls8x9hksrrjklrk3c-dep.drv
Sig: test-key-1:6nKCrqp+Yfv0AdZp++MRsRy22hhF/DLLpmK7dq6/uCMBr7SRletainJVw+Pk0Dsz9hAAClbBvvtIjqJQ4RgSAg==
`;

const anyContentAddress = hashOf('sha256').map(hash =>
  formatContentAddress({ method: 'nar', hash }),
);

const anyNarInfo: fc.Arbitrary<NarInfo> = fc.record({
  path: anyStorePath,
  url: fc.stringMatching(/^nar\/[a-z0-9.]{1,20}$/),
  compression: fc.constantFrom('none', 'xz', 'zstd'),
  fileHash: fc.option(hashOf('sha256'), { nil: undefined }),
  fileSizeBytes: fc.option(fc.maxSafeNat(), { nil: undefined }),
  narHash: hashOf('sha256'),
  narSizeBytes: fc.integer({ min: 1 }),
  references: anyStorePaths.map(paths => paths.sort()),
  deriver: fc.option(anyStorePath, { nil: undefined }),
  signatures: fc.array(fc.stringMatching(/^[a-z]{1,5}:[A-Za-z0-9+/]{4}$/), { maxLength: 3 }),
  contentAddress: fc.option(anyContentAddress, { nil: undefined }),
});

describe('parseNarInfo', () => {
  test('keeps every byte of what Nix wrote', () => {
    expect(formatNarInfo(parseNarInfo(STORE_DIR, DEP))).toBe(DEP);
  });

  test('undoes formatNarInfo', () => {
    const undone = fc.property(anyNarInfo, info => {
      expect(formatNarInfo(parseNarInfo(STORE_DIR, formatNarInfo(info)))).toBe(formatNarInfo(info));
    });
    fc.assert(undone);
  });

  test('is content with the least', () => {
    const hash = 'sha256:0d8nk9d5dcpvqr3r1n9ny3xsvizx8h301702smrmbsykwkixhiin';
    const path = `${STORE_DIR}/0rsklwz1h5hk4s39hb839krknz4qr44q-dep`;
    const info = parseNarInfo(
      STORE_DIR,
      `Later: x\nNarSize: 1\nURL: x\nStorePath: ${path}\nNarHash: ${hash}\nDeriver: unknown-deriver\nReferences: \n`,
    );
    expect(info).toMatchObject({
      compression: 'bzip2',
      references: [],
      deriver: undefined,
      contentAddress: undefined,
      fileHash: undefined,
    });
  });

  const without = (key: string) => DEP.replace(new RegExp(`^${key}: .*\n`, 'm'), '');

  test.each([
    { flaw: 'nothing', text: '' },
    { flaw: 'a page of HTML', text: '<html>\n' },
    { flaw: 'no StorePath', text: without('StorePath') },
    { flaw: 'no URL', text: without('URL') },
    { flaw: 'no NarHash', text: without('NarHash') },
    { flaw: 'no NarSize', text: without('NarSize') },
    { flaw: 'a NarSize of 0', text: DEP.replace('NarSize: 272', 'NarSize: 0') },
    { flaw: 'a negative size', text: DEP.replace('NarSize: 272', 'NarSize: -1') },
    { flaw: 'a size in hexadecimal', text: DEP.replace('NarSize: 272', 'NarSize: 0x10') },
    { flaw: 'a size beyond 2^53', text: DEP.replace('NarSize: 272', `NarSize: ${'9'.repeat(20)}`) },
    { flaw: 'references twice', text: `${DEP}References: \n` },
    { flaw: 'a content address twice', text: `${DEP}CA: x\nCA: x\n` },
    { flaw: 'a last line that is cut off', text: DEP.slice(0, -1) },
    {
      flaw: 'another store',
      text: DEP.replace('/nix/store', '/gnu/store'),
      code: 'bad-store-path',
    },
    {
      flaw: 'a reference that is a full path',
      text: DEP.replace('s: 1rad', 's: /nix/store/1rad'),
      code: 'bad-store-path',
    },
    {
      flaw: 'a reference that leads out',
      text: DEP.replace('s: 1rad', 's: ../1rad'),
      code: 'bad-store-path',
    },
    {
      flaw: 'a malformed deriver',
      text: DEP.replace('Deriver: ', 'Deriver: x'),
      code: 'bad-store-path',
    },
    {
      flaw: 'a NAR hash by another algorithm',
      text: DEP.replace('NarHash: sha256', 'NarHash: sha1'),
      code: 'bad-hash',
    },
    { flaw: 'a malformed content address', text: `${DEP}CA: x\n`, code: 'bad-content-address' },
  ])('refuses $flaw', ({ text, code = 'bad-narinfo' }) => {
    expect(() => parseNarInfo(STORE_DIR, text)).toThrow(coded(`formats/${code}`));
  });
});
