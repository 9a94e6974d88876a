import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { beforeAll, expect, jest, test } from '@jest/globals';
import {
  inSituations,
  ordinaryUser,
  rootAlone,
  rootWithBuildUsers,
  type Situation,
} from '../support/situations.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startDaemon, startTenon } from '../support/tenon-daemon.ts';
import { createWorkshop } from '../support/workshop.ts';

jest.setTimeout(60_000);

type Fields = ReadonlyMap<string, string>;

/** Where tenon's sandbox is not that of stock Nix 2.8, and why. Everything else is equal. */
const DIFFERENCES: readonly { field: string; stock: RegExp; tenon: RegExp; why: string }[] = [
  {
    field: 'mode./',
    stock: /750/,
    tenon: /755/,
    why: 'the root is a tmpfs of its own, which nobody else can reach',
  },
  {
    field: 'mode./etc',
    stock: /755/,
    tenon: /555/,
    why: 'nobody may add accounts; as in Nix 2.34',
  },
  ...['passwd', 'group', 'hosts'].map(name => ({
    field: `mode.etc.${name}`,
    stock: /644/,
    tenon: /444/,
    why: 'nobody may change them',
  })),
  { field: 'filesystem', stock: /^\S+ tmpfs/, tenon: /^tmpfs tmpfs/, why: 'the root is a tmpfs' },
  {
    field: 'mounts',
    stock: /^\/\|\/build\|/,
    tenon: /\|\/tmp\|STORE\|(STORE\|)?STORE\/bb\|STORE\/input\|$/,
    why: '/tmp is on disk, and files are inputs like directories',
  },
  ...['/dev', '/dev/shm'].map(place => ({
    field: `mode.${place}`,
    stock: /(1000:100|65534:65534)$/,
    tenon: /1000:100$/,
    why: 'the builder mounts it itself, also as a build user',
  })),
  ...[
    'write-input',
    'chmod-input',
    'remove-input',
    'write-root',
    'write-etc',
    'write-dev',
    'append-passwd',
  ].map(what => ({
    field: `can.${what}`,
    stock: /yes|no/,
    tenon: /no/,
    why: 'inputs and the root are read-only',
  })),
];

/** What must hold whatever stock Nix does here (roots.md, "Ground truth dumped from a nix build"). */
const GROUND_TRUTH: Readonly<Record<string, string>> = {
  pid: '1',
  session: '1',
  terminal: '0',
  'status.Uid': '1000 1000 1000 1000',
  'status.Gid': '100 100 100 100',
  'status.Groups': ' ',
  'status.NoNewPrivs': '1',
  'status.Seccomp': '2',
  'status.CapEff': '0000000000000000',
  'status.CapBnd': '000001ffffffffff',
  setgroups: 'deny',
  umask: '0022',
  'core.soft': '0',
  personality: '00040000',
  uname: 'localhost x86_64',
  domain: '(none)',
  interfaces: ' lo|',
  'env.HOME': '/homeless-shelter',
  'env.NIX_BUILD_TOP': '/build',
  'env.NIX_LOG_FD': '2',
  'env.NIX_STORE': 'STORE',
  'env.TERM': 'xterm-256color',
  'env.TMPDIR': '/build',
  'mode./build': 'directory 700 1000:100',
  'mode./dev/shm': 'directory 1777 1000:100',
  'pts.ptmx': '666 5:2',
  stdout: 'terminal',
  outputs: 'same',
};

async function probe(program: 'tenon' | 'stock', situation: Situation): Promise<Fields> {
  const store = createStockStore();
  situation.prepare(store);
  await using shop = createWorkshop(store);
  const options = {
    conf: ['sandbox-fallback = false', ...situation.conf],
    wrap: (argv: readonly string[]) => situation.wrap(store, argv),
  };
  const starting =
    program === 'tenon' ? startTenon(store, options) : startDaemon(store, ['nix-daemon'], options);
  await using _daemon = await starting;
  const output = await shop.ask(options.wrap(['nix-build', '--no-out-link', 'probe.nix']));
  const lines = readFileSync(output, 'utf8')
    .trimEnd()
    .replaceAll(basename(store.root), 'ROOT')
    .split('\n');
  return new Map(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

const everybody = inSituations(rootWithBuildUsers, rootAlone, ordinaryUser);

everybody('the sandbox of $who', situation => {
  let byTenon: Fields;
  let byStock: Fields;

  beforeAll(async () => {
    byTenon = await probe('tenon', situation);
    byStock = await probe('stock', situation);
  });

  test('is what builders rely on', () => {
    const seen = Object.keys(GROUND_TRUTH).map(field => [field, byTenon.get(field)]);
    expect(Object.fromEntries(seen)).toEqual(GROUND_TRUTH);
  });

  test('maps the builder to who builds', () => {
    const { uids, gid } = situation.builders;
    expect(uids.map(uid => ` 1000 ${uid} 1|`)).toContain(byTenon.get('uid_map'));
    expect(byTenon.get('gid_map')).toBe(` 100 ${gid} 1|`);
  });

  test('is that of stock Nix in every other field', () => {
    const intended = new Set(DIFFERENCES.map(({ field }) => field));
    const others = (fields: Fields) =>
      Object.fromEntries([...fields].filter(([field]) => !intended.has(field)).map(inOrder));
    expect(others(byTenon)).toEqual(others(byStock));
  });

  test.each(DIFFERENCES)('differs in $field, because $why', ({ field, stock, tenon }) => {
    expect(byStock.get(field)).toMatch(stock);
    expect(byTenon.get(field)).toMatch(tenon);
  });
});

/** Entries of a directory come in an order that means nothing. */
function inOrder([field, value]: readonly [string, string]): [string, string] {
  return [field, field.startsWith('list.') ? value.split('|').sort().join('|') : value];
}
