import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type DerivationOutput,
  derivationKind,
  derivationPath,
  derivationReferences,
  downstreamPlaceholder,
  formatDerivation,
  isDerivationPath,
  outputPlaceholder,
  parseDerivation,
} from '../../src/formats/derivation.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { anyBytes, anyDerivation } from './arbitraries.ts';
import { coded, cpuMs, STORE_DIR } from './feed.ts';
import { goldenDerivation, goldenDerivations } from './golden-derivations.ts';

const SIMPLE = goldenDerivation('simple');
const PATH = parseStorePath(STORE_DIR, `${STORE_DIR}/i5xvchlm36jash0k9ndh3vya563ls965-simple`);
const OUT = `("out","${PATH}","","")`;

/** A derivation's text with one field replaced. */
function text(
  fields: Partial<Record<'outputs' | 'drvs' | 'srcs' | 'args' | 'env', string>>,
): string {
  const { outputs = OUT, drvs = '', srcs = '', args = '', env = '' } = fields;
  return `Derive([${outputs}],[${drvs}],[${srcs}],"x86_64-linux","/bin/sh",[${args}],[${env}])`;
}

const parse = (aterm: string) => parseDerivation(STORE_DIR, 'x', aterm);

describe('parseDerivation', () => {
  test.each(goldenDerivations)('keeps every byte of $drv.name', ({ text: golden, drv }) => {
    expect(formatDerivation(drv)).toBe(golden);
  });

  test.each(goldenDerivations)('gives $drv.name its own path', ({ path, drv }) => {
    expect(derivationPath(STORE_DIR, drv)).toBe(path);
  });

  test('reads every field', () => {
    const { drv } = goldenDerivation('dep');
    expect(drv.platform).toBe('x86_64-linux');
    expect(drv.builder).toBe('/bin/sh');
    expect(drv.args[0]).toBe('-c');
    expect([...drv.outputs.keys()]).toEqual(['out']);
    expect([...drv.inputDerivations.values()]).toEqual([['dev'], ['out'], ['out']]);
    expect(drv.inputSources).toEqual([`${STORE_DIR}/gwina1sjk7g95wq6fxc6b7s1hza53h74-hello`]);
    expect(drv.env.get('src')).toBe(drv.inputSources[0]);
  });

  test('reads escapes', () => {
    const { drv } = goldenDerivation('esc');
    expect(drv.args[1]).toBe('echo "q" \'\\\' \t\r > $out\n');
    expect(drv.env.get('v')).toBe(`a\\b"c\nd\te\rf\${x} \xc3\xa9`);
  });

  test('reads a foreign escape as the character itself', () => {
    expect(parse(text({ args: '"\\a\\0\\\\"' })).args).toEqual(['a0\\']);
  });

  test('is undone by formatDerivation', () => {
    const undone = fc.property(anyDerivation, drv => {
      expect(parseDerivation(STORE_DIR, drv.name, formatDerivation(drv))).toEqual(drv);
    });
    fc.assert(undone);
  });

  test.each([
    { flaw: 'nothing', aterm: '' },
    { flaw: 'another constructor', aterm: 'Derived()' },
    { flaw: 'a dynamic derivation', aterm: 'DrvWithVersion("xp-dyn-drv",[],[],[],"","",[],[])' },
    { flaw: 'a space', aterm: text({}).replace(',', ', ') },
    { flaw: 'a newline at the end', aterm: `${text({})}\n` },
    { flaw: 'a second derivation', aterm: text({}).repeat(2) },
    { flaw: 'a comma before a list ends', aterm: text({ args: '"a",' }) },
    { flaw: 'a comma where a list begins', aterm: text({ args: ',"a"' }) },
    { flaw: 'items without a comma', aterm: text({ args: '"a""b"' }) },
    { flaw: 'a string without an end', aterm: 'Derive([("out' },
    { flaw: 'a string that ends with a backslash', aterm: 'Derive([("out\\' },
    { flaw: 'a string that ends with an escaped quote', aterm: 'Derive([("out\\"' },
    { flaw: 'an output of three strings', aterm: text({ outputs: `("out","${PATH}","")` }) },
    {
      flaw: 'an output outside the store',
      aterm: text({ outputs: '("out","/etc/passwd","","")' }),
    },
    { flaw: 'an output twice', aterm: text({ outputs: `${OUT},${OUT}` }) },
    { flaw: 'an input that is no path', aterm: text({ drvs: '("x.drv",["out"])' }) },
    { flaw: 'an input with a path that leads out', aterm: text({ srcs: `"${PATH}/.."` }) },
    { flaw: 'an input twice', aterm: text({ srcs: `"${PATH}","${PATH}"` }) },
    { flaw: 'a variable twice', aterm: text({ env: '("a","1"),("a","2")' }) },
    { flaw: 'a nested list of outputs', aterm: text({ drvs: `("${PATH}",(["out"],[]))` }) },
  ])('refuses $flaw', ({ aterm }) => {
    expect(() => parse(aterm)).toThrow(coded('formats/bad-derivation'));
  });

  test('refuses every text that is cut off', () => {
    for (let length = 0; length < SIMPLE.text.length; length++)
      expect(() => parse(SIMPLE.text.slice(0, length))).toThrow(coded('formats/bad-derivation'));
  });

  test('reads or refuses whatever it is given', () => {
    const tokens = fc.constantFrom('Derive(', '[', ']', '(', ')', ',', '"', '\\', '"a"', PATH);
    const decided = fc.property(fc.array(tokens), parts => {
      expect(() => parse(parts.join(''))).toThrow(coded('formats/bad-derivation'));
    });
    fc.assert(decided);
  });

  test('reads or refuses a text with a changed byte', () => {
    const at = fc.nat({ max: SIMPLE.text.length - 1 });
    const decided = fc.property(at, anyBytes(1), (index, [byte = 0]) => {
      const changed =
        SIMPLE.text.slice(0, index) + String.fromCharCode(byte) + SIMPLE.text.slice(index + 1);
      try {
        expect(formatDerivation(parse(changed)).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toEqual(coded('formats/bad-derivation'));
      }
    });
    fc.assert(decided);
  });

  test.each([
    { what: 'opening brackets', aterm: '['.repeat(2_000_000) },
    { what: 'opening brackets in place', aterm: `Derive(${'['.repeat(2_000_000)}` },
    { what: 'escapes', aterm: `Derive([("${'\\"'.repeat(2_000_000)}` },
    { what: 'short strings', aterm: `Derive([],[],[],"","",[${'"",'.repeat(1_000_000)}` },
    { what: 'strings before one backslash', aterm: `${text({ args: '"",'.repeat(500_000) })}\\` },
  ])('refuses millions of $what in linear time', ({ aterm }) => {
    const refused = () => expect(() => parse(aterm)).toThrow(coded('formats/bad-derivation'));
    expect(cpuMs(refused)).toBeLessThan(3000);
  });

  test('reads 100 KiB in about a millisecond', () => {
    const env = Array.from(
      { length: 400 },
      (_, index) => `("v${index}","${'words \\n'.repeat(30)}")`,
    );
    const aterm = text({ env: env.join(',') });
    expect(aterm.length).toBeGreaterThan(90_000);

    const fiftyTimes = () => {
      for (let count = 0; count < 50; count++) parse(aterm);
    };
    expect(cpuMs(fiftyTimes) / 50).toBeLessThan(10);
  });
});

describe('formatDerivation', () => {
  test('sorts what is a set, and leaves arguments in their order', () => {
    const shuffled = parse(
      text({
        outputs: `("out","${PATH}","",""),("dev","${PATH}-dev","","")`,
        args: '"b","a"',
        env: '("b",""),("a","")',
      }),
    );
    expect(formatDerivation(shuffled)).toBe(
      text({
        outputs: `("dev","${PATH}-dev","",""),("out","${PATH}","","")`,
        args: '"b","a"',
        env: '("a",""),("b","")',
      }),
    );
  });
});

describe('derivationReferences', () => {
  test('are sources and derivations, sorted', () => {
    const { drv } = goldenDerivation('dep');
    expect(derivationReferences(drv)).toEqual([
      `${STORE_DIR}/1h2b595h5np8yjhalgi3r29c75m7f9fm-multi.drv`,
      `${STORE_DIR}/cxl3gdvrylxaanfsn3n3a8lhnh2jfrc5-simple.drv`,
      `${STORE_DIR}/d90yjy5cs01lhrrhz6s9mgjas1yx664q-fixed.txt.drv`,
      `${STORE_DIR}/gwina1sjk7g95wq6fxc6b7s1hza53h74-hello`,
    ]);
  });
});

describe('derivationKind', () => {
  const { drv } = SIMPLE;
  const HASH = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
  const known: DerivationOutput = { path: PATH, hashAlgo: '', hash: '' };
  const fixed: DerivationOutput = { path: PATH, hashAlgo: 'sha256', hash: HASH };
  const floating: DerivationOutput = { path: undefined, hashAlgo: 'r:sha256', hash: '' };
  const kindOf = (outputs: Record<string, DerivationOutput>) =>
    derivationKind({ ...drv, outputs: new Map(Object.entries(outputs)) });

  test.each([
    { name: 'simple', kind: 'input-addressed' },
    { name: 'fixed.txt', kind: 'fixed' },
    { name: 'caf', kind: 'floating' },
    { name: 'cadep', kind: 'deferred' },
    { name: 'impure', kind: 'impure' },
  ])('of $name is $kind', ({ name, kind }) => {
    expect(derivationKind(goldenDerivation(name).drv)).toBe(kind);
  });

  test.each([
    { flaw: 'no outputs', outputs: {} },
    { flaw: 'outputs of two kinds', outputs: { out: known, dev: fixed } },
    { flaw: 'two fixed outputs', outputs: { out: fixed, dev: fixed } },
    { flaw: 'a fixed output that is not "out"', outputs: { dev: fixed } },
    {
      flaw: 'floating outputs of two algorithms',
      outputs: { out: floating, dev: { ...floating, hashAlgo: 'r:sha1' } },
    },
    { flaw: 'a hash without an algorithm', outputs: { out: { ...known, hash: HASH } } },
    { flaw: 'a hash without a path', outputs: { out: { ...fixed, path: undefined } } },
    {
      flaw: 'a fixed output without a hash',
      outputs: { out: { ...fixed, hash: '' } },
      code: 'bad-hash',
    },
    {
      flaw: 'an unknown algorithm',
      outputs: { out: { ...fixed, hashAlgo: 'sha3' } },
      code: 'bad-content-address',
    },
  ])('refuses $flaw', ({ outputs, code = 'bad-derivation' }) => {
    expect(() => kindOf(outputs as Record<string, DerivationOutput>)).toThrow(
      coded(`formats/${code}`),
    );
  });
});

describe('placeholders', () => {
  test.each([
    { output: 'out', placeholder: '/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9' },
    { output: 'dev', placeholder: '/02qcpld1y6xhs5gz9bchpxaw0xdhmsp5dv88lh25r2ss44kh8dxz' },
  ])('of output $output', ({ output, placeholder }) => {
    expect(outputPlaceholder(output)).toBe(placeholder);
  });

  test('of an output of another derivation', () => {
    const { path } = goldenDerivation('caf');
    const placeholder = '/0bak2k1g9qiv50brkhrzp1gvxcirxirgczyl78zrcnx5m8q86612';
    expect(downstreamPlaceholder(path, 'out')).toBe(placeholder);
    expect(goldenDerivation('cadep').drv.args[1]).toContain(placeholder);
  });
});

describe('isDerivationPath', () => {
  test('goes by the name', () => {
    expect(isDerivationPath(SIMPLE.path)).toBe(true);
    expect(isDerivationPath(PATH)).toBe(false);
  });
});
