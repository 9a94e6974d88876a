import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..');

/** Which folders each folder may import from, besides itself. `*` is every folder but `release`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  formats: ['base'],
  host: ['base'],
  ui: ['base'],
  config: ['base', 'formats'],
  protocol: ['base', 'formats'],
  lang: ['base', 'formats'],
  store: ['base', 'formats', 'config', 'host'],
  cache: ['base', 'formats', 'config', 'host'],
  fhs: ['base', 'formats', 'config', 'host'],
  build: ['base', 'formats', 'config', 'host', 'store', 'cache', 'fhs'],
  client: ['base', 'formats', 'config', 'host', 'protocol'],
  daemon: ['base', 'formats', 'config', 'host', 'protocol', 'store', 'cache', 'build'],
  env: ['base', 'formats', 'config', 'host'],
  setup: ['base', 'formats', 'config', 'host'],
  doctor: ['base', 'formats', 'config', 'host', 'protocol', 'client', 'env'],
  checks: ['base', 'formats', 'config', 'env', 'doctor'],
  cli: ['*'],
  main: ['*'],
  release: ['base', 'formats', 'config', 'host', 'setup'],
};

/** The only places that import a package. Each is the start of a path. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  inquirer: ['src/ui/'],
  listr2: ['src/ui/'],
  ini: ['src/config/tenon-conf.ts'],
  systeminformation: ['src/host/'],
  shelljs: ['src/host/'],
  koffi: ['src/host/libc.ts'],
  '@noble/hashes': ['src/formats/hash.ts'],
  'node:crypto': ['src/formats/hash.ts', 'src/formats/signature.ts', 'src/host/random.ts'],
  'node:sqlite': ['src/store/db.ts'],
  'node:worker_threads': ['src/store/trees/', 'src/host/libc.ts'],
  'node:fs': ['src/host/', 'src/build/buildenv-program.ts', 'src/build/fetchurl-program.ts'],
  'node:child_process': ['src/host/'],
  'node:net': ['src/host/'],
};

/** What depends on nothing but its arguments. */
const PURE = ['src/formats/', 'src/protocol/', 'src/lang/', 'src/env/', 'src/setup/plan.ts'];
const IMPURE =
  /\bprocess\.|\bDate\.now|\bnew Date\(\)|\bMath\.random|\bperformance\.|\brandomBytes/;

const IMPORT =
  /^(?:import|export)\s[^;']*?from\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'|\bnew URL\('(\.[^']+)'/gm;

const sources = ['src', 'checks'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => ({
      file: join(folder, file),
      text: readFileSync(join(root, folder, file), 'utf8'),
    })),
);

const imports = sources.flatMap(({ file, text }) =>
  [...text.matchAll(IMPORT)].map(match => ({ file, target: match.slice(1).find(Boolean) ?? '' })),
);

/** `src/store/db.ts` is in `store`, `src/main.ts` is `main`, `checks/index.ts` is in `checks`. */
const folderOf = (file: string) => /^(?:src\/)?([^/.]*)/.exec(file)?.[1] ?? '';
const packageOf = (target: string) => /^(?:@[^/]*\/)?[^/]*/.exec(target)?.[0] ?? '';

test('the scan sees the imports', () => {
  const targets = new Set(imports.map(({ target }) => packageOf(target)));
  expect(imports.length).toBeGreaterThan(500);
  expect([...targets]).toEqual(expect.arrayContaining(Object.keys(DOORS)));
});

test('imports point the way that the table allows', () => {
  const wrong = imports.filter(({ file, target }) => {
    if (!target.startsWith('.')) return false;
    const from = folderOf(file);
    const to = folderOf(normalize(join(dirname(file), target)));
    const allowed = MAY_IMPORT[from] ?? [];
    return to !== from && !allowed.includes(to) && !(allowed.includes('*') && to !== 'release');
  });
  expect(wrong).toEqual([]);
});

test('packages are imported through their one door', () => {
  const wrong = imports.filter(({ file, target }) =>
    DOORS[packageOf(target)]?.every(door => !file.startsWith(door)),
  );
  expect(wrong).toEqual([]);
});

test('pure code uses no clock, no randomness and no process', () => {
  const pure = sources.filter(({ file }) => PURE.some(start => file.startsWith(start)));
  expect(pure.filter(({ text }) => IMPURE.test(text)).map(({ file }) => file)).toEqual([]);
});
