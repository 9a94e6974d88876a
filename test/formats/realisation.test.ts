import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatRealisation,
  isDrvOutputId,
  parseRealisation,
  type Realisation,
  realisationFingerprint,
} from '../../src/formats/realisation.ts';
import { parseBaseName } from '../../src/formats/store-path.ts';
import { anyName, anyStorePath, hashOf } from './arbitraries.ts';
import { coded, STORE_DIR } from './feed.ts';

const ID = 'sha256:5ab3ad7de4afd49f441641c1de4348e0de573dacfc535012321ba453f929f66f!out';
const OUT_PATH = 'q1fkhqrgy5v8b24vh3x49r097mss2y4f-casig';
const FINGERPRINT = `{"dependentRealisations":{},"id":"${ID}","outPath":"${OUT_PATH}"}`;

const anyId = fc
  .tuple(hashOf('sha256'), anyName)
  .map(([{ digest }, output]) => `sha256:${Buffer.from(digest).toString('hex')}!${output}`);

const anyRealisation: fc.Arbitrary<Realisation> = fc.record({
  id: anyId,
  outPath: anyStorePath,
  signatures: fc.array(fc.stringMatching(/^[a-z.-]{1,10}:[A-Za-z0-9+/]{8}$/), { maxLength: 3 }),
  dependentRealisations: fc
    .array(fc.tuple(anyId, anyStorePath), { maxLength: 3 })
    .map(pairs => new Map(pairs)),
});

describe('realisationFingerprint', () => {
  test('is what Nix 2.8 signs', () => {
    const realisation = {
      id: ID,
      outPath: parseBaseName(STORE_DIR, OUT_PATH),
      signatures: ['key:sig'],
      dependentRealisations: new Map(),
    };
    expect(realisationFingerprint(realisation)).toBe(FINGERPRINT);
  });
});

describe('parseRealisation', () => {
  test('undoes formatRealisation', () => {
    const undone = fc.property(anyRealisation, realisation => {
      expect(parseRealisation(STORE_DIR, formatRealisation(realisation))).toEqual(realisation);
    });
    fc.assert(undone);
  });

  test('takes what has neither signatures nor dependencies, as newer daemons send it', () => {
    expect(parseRealisation(STORE_DIR, `{"id":"${ID}","outPath":"${OUT_PATH}"}`)).toEqual({
      id: ID,
      outPath: `${STORE_DIR}/${OUT_PATH}`,
      signatures: [],
      dependentRealisations: new Map(),
    });
  });

  test.each([
    { flaw: 'nothing', text: '' },
    { flaw: 'no JSON', text: '{' },
    { flaw: 'a list', text: '[]' },
    { flaw: 'null', text: 'null' },
    { flaw: 'no id', text: `{"outPath":"${OUT_PATH}"}` },
    { flaw: 'no path', text: `{"id":"${ID}"}` },
    { flaw: 'a malformed id', text: `{"id":"sha256:00!out","outPath":"${OUT_PATH}"}` },
    { flaw: 'signatures that are no list', text: FINGERPRINT.replace('{', '{"signatures":"x",') },
    { flaw: 'a signature that is a number', text: FINGERPRINT.replace('{', '{"signatures":[1],') },
    { flaw: 'a dependency without an id', text: FINGERPRINT.replace('{}', `{"x":"${OUT_PATH}"}`) },
    {
      flaw: 'a full path',
      text: FINGERPRINT.replace(OUT_PATH, `/nix/store/${OUT_PATH}`),
      code: 'bad-store-path',
    },
    {
      flaw: 'a path that leads out',
      text: FINGERPRINT.replace(OUT_PATH, `../${OUT_PATH}`),
      code: 'bad-store-path',
    },
    { flaw: 'a million brackets', text: '['.repeat(1_000_000) },
  ])('refuses $flaw', ({ text, code = 'bad-realisation' }) => {
    expect(() => parseRealisation(STORE_DIR, text)).toThrow(coded(`formats/${code}`));
  });
});

describe('isDrvOutputId', () => {
  test.each([
    { text: ID, is: true },
    { text: ID.toUpperCase(), is: false },
    { text: ID.replace('!', '^'), is: false },
    { text: `${ID}/x`, is: false },
    { text: ID.replace('out', ''), is: false },
  ])('says $is of $text', ({ text, is }) => {
    expect(isDrvOutputId(text)).toBe(is);
  });
});
