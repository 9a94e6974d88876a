import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type DerivedPath,
  formatDerivedPath,
  parseDerivedPath,
} from '../../src/formats/derived-path.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { anyName, anyStorePath } from './arbitraries.ts';
import { coded, DIALECT, STORE_DIR } from './feed.ts';

const DRV = parseStorePath(STORE_DIR, `${STORE_DIR}/cxl3gdvrylxaanfsn3n3a8lhnh2jfrc5-simple.drv`);
const HELLO = parseStorePath(STORE_DIR, `${STORE_DIR}/gwina1sjk7g95wq6fxc6b7s1hza53h74-hello`);
const at = (minor: number) => ({ ...DIALECT, minor });
const built = (outputs: 'all' | string[]): DerivedPath => ({
  kind: 'built',
  drvPath: DRV,
  outputs,
});
const opaque = (path: typeof DRV): DerivedPath => ({ kind: 'opaque', path });

describe('parseDerivedPath', () => {
  test.each([
    { minor: 30, text: HELLO, value: opaque(HELLO) },
    { minor: 30, text: DRV, value: opaque(DRV) },
    { minor: 30, text: `${DRV}!*`, value: built('all') },
    { minor: 30, text: `${DRV}!dev,out`, value: built(['dev', 'out']) },
    { minor: 29, text: HELLO, value: opaque(HELLO) },
    { minor: 29, text: DRV, value: built('all') },
    { minor: 29, text: `${DRV}!dev,out`, value: built(['dev', 'out']) },
  ])('reads and writes $text in 1.$minor', ({ minor, text, value }) => {
    expect(parseDerivedPath(at(minor), text)).toEqual(value);
    expect(formatDerivedPath(at(minor), value)).toBe(text);
  });

  test.each([
    { minor: 30, text: '', flaw: 'nothing', code: 'bad-store-path' },
    { minor: 30, text: '!out', flaw: 'no path', code: 'bad-store-path' },
    { minor: 30, text: `${DRV}!`, flaw: 'no output' },
    { minor: 30, text: `${DRV}!out,`, flaw: 'an empty output' },
    { minor: 30, text: `${DRV}!*,out`, flaw: 'all outputs and one' },
    { minor: 30, text: `${DRV}!../x`, flaw: 'an output with a slash' },
    { minor: 30, text: `${DRV}!out!out`, flaw: 'an output of an output' },
    { minor: 30, text: `${HELLO}!out`, flaw: 'an output of a path that is no derivation' },
    { minor: 30, text: `${DRV}!${',out'.repeat(1 << 20)}`, flaw: 'a million outputs' },
    { minor: 29, text: `${DRV}!*`, flaw: 'an asterisk before 1.30' },
  ])('refuses $flaw', ({ minor, text, code = 'bad-derived-path' }) => {
    expect(() => parseDerivedPath(at(minor), text)).toThrow(coded(`formats/${code}`));
  });

  test('undoes formatDerivedPath', () => {
    const drvPath = anyStorePath.map(path => parseStorePath(STORE_DIR, `${path}.drv`));
    const names = fc.uniqueArray(anyName, { minLength: 1, maxLength: 3 });
    const wanted = fc.oneof(
      fc.record({ kind: fc.constant('opaque' as const), path: anyStorePath }),
      fc.record({
        kind: fc.constant('built' as const),
        drvPath,
        outputs: fc.oneof(fc.constant('all' as const), names),
      }),
    );
    const undone = fc.property(wanted, value => {
      expect(parseDerivedPath(at(30), formatDerivedPath(at(30), value))).toEqual(value);
    });
    fc.assert(undone);
  });
});

describe('formatDerivedPath', () => {
  test('refuses to ask for a derivation itself before 1.30', () => {
    expect(() => formatDerivedPath(at(29), opaque(DRV))).toThrow(coded('formats/bad-derived-path'));
  });
});
