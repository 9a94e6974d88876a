import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseHash } from '../../src/formats/hash.ts';
import {
  formatPublicKey,
  isFingerprintSigned,
  isSignedByAny,
  parsePublicKey,
  parseSecretKey,
  pathFingerprint,
  signFingerprint,
} from '../../src/formats/signature.ts';
import { parseBaseName } from '../../src/formats/store-path.ts';
import { anyByteString } from './arbitraries.ts';
import { coded, STORE_DIR } from './feed.ts';

const SECRET =
  'test-key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==';
const PUBLIC = 'test-key-1:A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=';
const SIGNATURE =
  'test-key-1:6nKCrqp+Yfv0AdZp++MRsRy22hhF/DLLpmK7dq6/uCMBr7SRletainJVw+Pk0Dsz9hAAClbBvvtIjqJQ4RgSAg==';
const FINGERPRINT =
  '1;/nix/store/0rsklwz1h5hk4s39hb839krknz4qr44q-dep;sha256:0d8nk9d5dcpvqr3r1n9ny3xsvizx8h301702smrmbsykwkixhiin;272;/nix/store/1radlkdxc8picjlxx21bxdlhsxh397q8-fixed.txt,/nix/store/blvsjpb1mykw6ciizmf0jbzlxnyw4dvq-multi-dev,/nix/store/i5xvchlm36jash0k9ndh3vya563ls965-simple';
const REALISATION =
  '{"dependentRealisations":{},"id":"sha256:5ab3ad7de4afd49f441641c1de4348e0de573dacfc535012321ba453f929f66f!out","outPath":"q1fkhqrgy5v8b24vh3x49r097mss2y4f-casig"}';
const REALISATION_SIGNATURE =
  'test-key-1:wFPQGXx7X/w17e93C6ruBrQopnkwUZxBmIMH3z4pdXoC+wwr4+AvncT9QFmo/BWbeSETab2zp9otl+C20z9QBA==';

const secretKey = parseSecretKey(SECRET);
const dep = {
  path: parseBaseName(STORE_DIR, '0rsklwz1h5hk4s39hb839krknz4qr44q-dep'),
  narHash: parseHash('sha256:0d8nk9d5dcpvqr3r1n9ny3xsvizx8h301702smrmbsykwkixhiin'),
  narSizeBytes: 272,
  references: [
    'i5xvchlm36jash0k9ndh3vya563ls965-simple',
    '1radlkdxc8picjlxx21bxdlhsxh397q8-fixed.txt',
    'blvsjpb1mykw6ciizmf0jbzlxnyw4dvq-multi-dev',
  ].map(base => parseBaseName(STORE_DIR, base)),
  signatures: [SIGNATURE],
};

describe('signFingerprint', () => {
  test.each([
    { what: 'a path', fingerprint: FINGERPRINT, signature: SIGNATURE },
    { what: 'a realisation', fingerprint: REALISATION, signature: REALISATION_SIGNATURE },
  ])('signs $what as Nix does', ({ fingerprint, signature }) => {
    expect(signFingerprint(secretKey, fingerprint)).toBe(signature);
  });

  test('is believed by isFingerprintSigned, for this text alone', () => {
    const believed = fc.property(anyByteString, anyByteString, (text, other) => {
      const signatures = [signFingerprint(secretKey, text)];
      const keys = [secretKey.publicKey];
      expect(isFingerprintSigned(keys, text, signatures)).toBe(true);
      expect(isFingerprintSigned(keys, other, signatures)).toBe(text === other);
    });
    fc.assert(believed, { numRuns: 30 });
  });
});

describe('pathFingerprint', () => {
  test('is what Nix signs', () => {
    expect(pathFingerprint(dep)).toBe(FINGERPRINT);
  });
});

describe('isSignedByAny', () => {
  const key = parsePublicKey(PUBLIC);
  const stranger = { name: 'other', bytes: key.bytes };
  const impostor = { name: key.name, bytes: new Uint8Array(32) };

  test.each([
    { what: 'a good signature', keys: [stranger, key], info: dep, is: true },
    {
      what: 'a good one after others',
      keys: [key],
      info: { ...dep, signatures: ['x', '', SIGNATURE] },
      is: true,
    },
    { what: 'no keys', keys: [], info: dep, is: false },
    { what: 'a key of another name', keys: [stranger], info: dep, is: false },
    { what: 'another key of that name', keys: [impostor], info: dep, is: false },
    { what: 'no signatures', keys: [key], info: { ...dep, signatures: [] }, is: false },
    { what: 'another size', keys: [key], info: { ...dep, narSizeBytes: 273 }, is: false },
    { what: 'fewer references', keys: [key], info: { ...dep, references: [] }, is: false },
    {
      what: 'a signature that is cut off',
      keys: [key],
      info: { ...dep, signatures: [SIGNATURE.slice(0, -4)] },
      is: false,
    },
    {
      what: 'a signature without a name',
      keys: [key],
      info: { ...dep, signatures: [SIGNATURE.slice(SIGNATURE.indexOf(':'))] },
      is: false,
    },
  ])('says $is to $what', ({ keys, info, is }) => {
    expect(isSignedByAny(keys, info)).toBe(is);
  });
});

describe('parsePublicKey', () => {
  test('undoes formatPublicKey', () => {
    expect(formatPublicKey(parsePublicKey(`${PUBLIC}\n`))).toBe(PUBLIC);
    expect(formatPublicKey(secretKey.publicKey)).toBe(PUBLIC);
  });

  test.each([
    { text: '', flaw: 'nothing' },
    { text: PUBLIC.slice(11), flaw: 'no name' },
    { text: 'name:', flaw: 'no key' },
    { text: PUBLIC.slice(0, -4), flaw: 'a key that is cut off' },
    { text: PUBLIC.replace('=', ''), flaw: 'a key without padding' },
    { text: SECRET, flaw: 'a secret key' },
  ])('refuses $flaw', ({ text }) => {
    expect(() => parsePublicKey(text)).toThrow(coded('formats/bad-key'));
  });
});

describe('parseSecretKey', () => {
  test.each([
    { text: PUBLIC, flaw: 'a public key' },
    { text: SECRET.replace('AAEC', 'BAEC'), flaw: 'halves that do not belong together' },
  ])('refuses $flaw, and does not tell what it was', ({ text }) => {
    expect(() => parseSecretKey(text)).toThrow(coded('formats/bad-key'));
    expect(() => parseSecretKey(text)).toThrow(/^(?!.*AwQFBgcI)(?!.*OEL4dcN0Y)/);
  });
});
