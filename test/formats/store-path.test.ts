import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashBytes, parseHash } from '../../src/formats/hash.ts';
import {
  baseName,
  fixedPath,
  hashPart,
  isStorePath,
  makeStorePath,
  outputPathName,
  parseBaseName,
  parseStorePath,
  pathInside,
  sourcePath,
  storePathName,
  textPath,
} from '../../src/formats/store-path.ts';
import { anyByteString, anyName, anyStorePath } from './arbitraries.ts';
import { coded, STORE_DIR } from './feed.ts';

const HASH = 'gwina1sjk7g95wq6fxc6b7s1hza53h74';
const HELLO = parseStorePath(STORE_DIR, `${STORE_DIR}/${HASH}-hello`);
const NONE = { others: [], self: false };

const sha256Of = (nix32: string) => parseHash(nix32, 'sha256');
const helloFlat = hashBytes('sha256', 'hello\n');

describe('sourcePath', () => {
  test.each([
    {
      name: 'hello',
      nar: '04zwf782yjwnh3q6hz5izfd6jyip8kgw6g6yj43fiqhbyhdd0dqw',
      path: 'gwina1sjk7g95wq6fxc6b7s1hza53h74-hello',
    },
    {
      name: 'run',
      nar: '036p7brz1n3kvkn1l5p3x5w3310ynfd06nvzb6rj684vplcx3jcy',
      path: 'y2p9yvl97a0ippmbxv4wi30f2riprk8j-run',
    },
    {
      name: 'dir',
      nar: '0szxrbabkhdwifqg5r7amzammhwm39ysyp71nxi2n5a3ls4br1jc',
      path: 'sb2bsjmq003h8qxnds6jirzvd0paisbl-dir',
    },
    {
      name: 'caf',
      nar: '0crahn4zp3jvyis6p53h1qg2ldy0kv4ykhvvgxrbi0niijjhils4',
      path: 'lafngz66c9z1dxsz62gwq6s0nl0yjif2-caf',
    },
  ])('of $name', ({ name, nar, path }) => {
    expect(sourcePath(STORE_DIR, NONE, sha256Of(nar), name)).toBe(`${STORE_DIR}/${path}`);
  });

  test.each([
    {
      rule: '2.8',
      nar: '0mc9w9k513gqjxrbnzhcbcjn7bhfb8r8s4b67r82yr59i7jwzaz9',
      path: 'l9v1xfb6ffwnsc2f6a4jkv6vib4l86iq-caself',
    },
    {
      rule: '2.34',
      nar: '0arl0pjhaj57d5f22b92dalig14vzdyg4d186017khaansqrj042',
      path: '80z24ar37iylw4vg5afky2l8zymlyf8s-caself',
    },
  ])('with a self reference, hashed by the rule of $rule', ({ nar, path }) => {
    const self = { others: [], self: true };
    expect(sourcePath(STORE_DIR, self, sha256Of(nar), 'caself')).toBe(`${STORE_DIR}/${path}`);
  });
});

describe('textPath', () => {
  const note = textPath(STORE_DIR, [], helloFlat, 'note.txt');

  test('without references', () => {
    expect(note).toBe(`${STORE_DIR}/ha42hgz88l4lab3af6k2fgbhxbcgxm2n-note.txt`);
    expect(textPath(STORE_DIR, [], helloFlat, 'hello')).toBe(
      `${STORE_DIR}/nmrmdcw1bfnl35a893n7nyhw4xa5vy08-hello`,
    );
  });

  test('with a reference', () => {
    const hash = hashBytes('sha256', `see ${note}\n`);
    expect(textPath(STORE_DIR, [note], hash, 'refs.txt')).toBe(
      `${STORE_DIR}/bxh2dpn1kccrvsd3i64wb2bclv75v75m-refs.txt`,
    );
  });

  test('does not depend on the order of references', () => {
    const [one, other] = [
      textPath(STORE_DIR, [note, HELLO], helloFlat, 'x'),
      textPath(STORE_DIR, [HELLO, note], helloFlat, 'x'),
    ];
    expect(one).toBe(other);
  });
});

describe('fixedPath', () => {
  const flat = (algorithm: 'md5' | 'sha1' | 'sha512') => hashBytes(algorithm, 'hello\n');

  test.each([
    {
      how: 'hello, flat md5',
      prefix: '',
      hash: flat('md5'),
      path: 'nwyv04d03kciinw9gbbrg1bgc8c3j886-hello',
    },
    {
      how: 'hello, flat sha1',
      prefix: '',
      hash: flat('sha1'),
      path: '032avhrrgjp8441c41iid7ywc92j4z76-hello',
    },
    {
      how: 'hello, flat sha256',
      prefix: '',
      hash: helloFlat,
      path: '8zv8i345w2xn27jrxj4cyjc6x3b4am1q-hello',
    },
    {
      how: 'hello, flat sha512',
      prefix: '',
      hash: flat('sha512'),
      path: '5vapip0agyanfv7221kfbjiphdy7pzzp-hello',
    },
    {
      how: 'dir, NAR md5',
      prefix: 'r:',
      hash: parseHash('md5:7zly4i36lajggllm9pfv24ba2f'),
      path: '26rlj0v8j250a1ynjmnkfh0pvdq82n74-dir',
    },
    {
      how: 'dir, NAR sha1',
      prefix: 'r:',
      hash: parseHash('sha1:mxa9yfah3q2v8zlaf6ba1pzbhfq3jg92'),
      path: 'gvm7470bspk5gqd40g7gia4pccg49dn1-dir',
    },
    {
      how: 'dir, git sha1',
      prefix: 'git:',
      hash: parseHash('sha1:yh4i1xamb6h611b0hbdcidns4w6620y1'),
      path: 'r9wrymmiwfwjhzql7md2hksbw1j5wf9k-dir',
    },
    {
      how: 'dir, git sha256',
      prefix: 'git:',
      hash: parseHash('sha256:1d75wq0nkkdlav4z75fs8z2jn3q0g6gjsq3iwli6icgb79hwr20y'),
      path: '51iivmjrzc2cnj8n2vdgq824mfkb162q-dir',
    },
    {
      how: 'hello, git sha1',
      prefix: 'git:',
      hash: parseHash('sha1:993998wwkrzrcmpp0slxpa0b0cjkc0ff'),
      path: 'dlr22xdmma53ig8996d4wfrbir1lppsg-hello',
    },
  ] as const)('of $how', ({ prefix, hash, path }) => {
    const name = path.slice(33);
    expect(fixedPath(STORE_DIR, prefix, hash, name)).toBe(`${STORE_DIR}/${path}`);
  });
});

describe('makeStorePath', () => {
  const zeroes = { algorithm: 'sha256', digest: new Uint8Array(32) } as const;

  test.each([
    {
      how: 'an output of unknown path',
      type: 'rewrite:62s1m7i0q067ylhpf7j9zhsk58ard16g-envca.drv:name:out',
      name: 'envca',
      path: 'zb5i3w02xzxpcsa20swsr7c1jq7v3ws1-envca',
    },
    {
      how: 'an output of known path',
      type: 'rewrite:vpmbx48xwz5wa78s1sqvpayrl9rjx46q-envtest.drv:m8rzcvca9xlsc16gsprpfx4kpby87cjh-envtest',
      name: 'envtest',
      path: 'i4ap0zlarf5zi6djzwx5xj7l84hrwpbk-envtest',
    },
  ])('gives the scratch path of $how', ({ type, name, path }) => {
    expect(makeStorePath(STORE_DIR, type, zeroes, name)).toBe(`${STORE_DIR}/${path}`);
  });

  test.each([
    { name: '', flaw: 'no name' },
    { name: 'a'.repeat(212), flaw: 'a name of 212 characters' },
    { name: 'a/b', flaw: 'a slash' },
    { name: 'a b', flaw: 'a space' },
    { name: 'caf\xe9', flaw: 'a letter above ASCII' },
    { name: '.', flaw: 'a dot alone' },
    { name: '..-x', flaw: 'two dots before a dash' },
  ])('refuses $flaw', ({ name }) => {
    expect(() => makeStorePath(STORE_DIR, 'text', zeroes, name)).toThrow(
      coded('formats/bad-store-path-name'),
    );
  });
});

describe('parseStorePath', () => {
  test.each([
    { text: '', flaw: 'nothing' },
    { text: 'hello', flaw: 'a relative path' },
    { text: STORE_DIR, flaw: 'the store itself' },
    { text: `${STORE_DIR}/`, flaw: 'the store with a slash' },
    { text: `${STORE_DIR}/${HASH}`, flaw: 'no name' },
    { text: `${STORE_DIR}/${HASH}-`, flaw: 'an empty name' },
    { text: `${STORE_DIR}/${HASH}_hello`, flaw: 'no dash' },
    { text: `${STORE_DIR}/${HASH.slice(1)}-hello`, flaw: 'a hash of 31 characters' },
    { text: `${STORE_DIR}/e${HASH.slice(1)}-hello`, flaw: 'a hash with an e' },
    { text: `${STORE_DIR}/${HASH.toUpperCase()}-hello`, flaw: 'a hash in capitals' },
    { text: `${STORE_DIR}/${HASH}-.`, flaw: 'the name "."' },
    { text: `${STORE_DIR}/${HASH}-..`, flaw: 'the name ".."' },
    { text: `${STORE_DIR}/${HASH}-.-hello`, flaw: 'a name that starts with ".-"' },
    { text: `${STORE_DIR}/${HASH}-hello\n`, flaw: 'a newline at the end' },
    { text: `${STORE_DIR}/${HASH}-hello\0`, flaw: 'a zero byte' },
    { text: `${STORE_DIR}/${HASH}-${'a'.repeat(212)}`, flaw: 'a name of 212 characters' },
    { text: `${STORE_DIR}/${HASH}-hello/bin`, flaw: 'a path inside a path' },
    { text: `${STORE_DIR}/${HASH}-hello/../..`, flaw: 'a path that leads out' },
    { text: `${'/.'.repeat(1 << 20)}${STORE_DIR}/${HASH}-hello`, flaw: 'a path of 2 MiB' },
    { text: `${STORE_DIR}x/${HASH}-hello`, flaw: 'another store' },
    { text: `/tmp/${HASH}-hello`, flaw: 'another directory' },
  ])('refuses $flaw', ({ text }) => {
    expect(() => parseStorePath(STORE_DIR, text)).toThrow(coded('formats/bad-store-path'));
    expect(isStorePath(STORE_DIR, text)).toBe(false);
  });

  test.each([
    { text: `${STORE_DIR}//${HASH}-hello`, what: 'a double slash' },
    { text: `${STORE_DIR}/${HASH}-hello/`, what: 'a slash at the end' },
    { text: `${STORE_DIR}/./${HASH}-hello`, what: 'a dot' },
    { text: `/nix/x/../store/${HASH}-hello`, what: 'two dots' },
  ])('removes $what, as Nix does', ({ text }) => {
    expect(parseStorePath(STORE_DIR, text)).toBe(HELLO);
  });

  test.each([
    { name: '.hello', what: 'a name that starts with a dot' },
    { name: '..hello', what: 'a name that starts with two dots' },
    { name: 'a'.repeat(211), what: 'a name of 211 characters' },
    { name: '0+-._?=Z', what: 'every kind of character' },
  ])('takes $what', ({ name }) => {
    expect(storePathName(parseStorePath(STORE_DIR, `${STORE_DIR}/${HASH}-${name}`))).toBe(name);
  });

  test('names the text without its control characters, and not at any length', () => {
    const text = `\x1b[31m${'x'.repeat(10_000)}`;
    const message = (() => {
      try {
        return parseStorePath(STORE_DIR, text);
      } catch (error) {
        return String(error);
      }
    })();
    expect(message).toMatch(/"\[31mx+…"/);
    expect(message.length).toBeLessThan(400);
  });

  test('leaves a path as it is', () => {
    const unchanged = fc.property(anyStorePath, path => {
      expect(parseStorePath(STORE_DIR, path)).toBe(path);
      expect(parseBaseName(STORE_DIR, baseName(path))).toBe(path);
      expect(`${STORE_DIR}/${hashPart(path)}-${storePathName(path)}`).toBe(path);
    });
    fc.assert(unchanged);
  });
});

describe('parseBaseName', () => {
  test.each(['', 'hello', `../${HASH}-hello`, `${HASH}-hello/x`, HELLO])('refuses "%s"', text => {
    expect(() => parseBaseName(STORE_DIR, text)).toThrow(coded('formats/bad-store-path'));
  });
});

describe('pathInside', () => {
  test('finds the path that something lies below', () => {
    const found = fc.property(anyStorePath, anyByteString, (path, rest) => {
      expect(pathInside(STORE_DIR, `${path}/${rest}`)).toBe(path);
    });
    fc.assert(found);
  });

  test.each([STORE_DIR, `${STORE_DIR}/`, `${STORE_DIR}/.links/x`, `/tmp/${HASH}-hello/bin`, ''])(
    'finds nothing in "%s"',
    text => {
      expect(pathInside(STORE_DIR, text)).toBeUndefined();
    },
  );
});

describe('outputPathName', () => {
  test('leaves the name of "out" alone, and no other', () => {
    const named = fc.property(anyName, name => {
      expect(outputPathName(name, 'out')).toBe(name);
      expect(outputPathName(name, 'dev')).toBe(`${name}-dev`);
    });
    fc.assert(named);
  });
});
