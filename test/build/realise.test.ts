import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Connection } from '../../src/client/connection.ts';
import type { DerivedPath } from '../../src/formats/derived-path.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { buildPaths, buildPathsWithResults, ensurePath } from '../../src/protocol/ops/building.ts';
import { setOptions } from '../../src/protocol/ops/maintenance.ts';
import { queryMissing } from '../../src/protocol/ops/substitution.ts';
import { addText, connectTo } from '../support/raw-client.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

let shop: Workshop;
let daemon: TenonDaemon;
let connection: Connection;
let counter: string;

beforeAll(async () => {
  const store = createStockStore();
  counter = join(store.root, 'counter');
  writeFileSync(counter, '');
  shop = createWorkshop(store);
  daemon = await startTenon(store, { conf: [`sandbox-paths = /counter=${counter}`] });
  connection = await connectTo(store);
});

afterAll(async () => {
  connection[Symbol.dispose]();
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const KEEP_GOING = {
  keepFailed: false,
  keepGoing: true,
  tryFallback: false,
  verbosity: 3,
  maxBuildJobs: 4,
  maxSilentSeconds: 0,
  wantsBuildOutput: true,
  buildCores: 1,
  useSubstitutes: true,
  overrides: new Map(),
};

const built = (drvPath: StorePath, outputs: readonly string[] | 'all' = 'all'): DerivedPath => ({
  kind: 'built',
  drvPath,
  outputs,
});
const instantiate = async (text: string) => (await shop.instantiate(text)) as StorePath;
const counted = (name: string, needs = '') =>
  `run "${name}" { ${needs} } "echo ${name} >> /counter; echo > $out"`;
const timesBuilt = (name: string) =>
  readFileSync(counter, 'utf8')
    .split('\n')
    .filter(line => line === name).length;

/** Statuses by request, in the order of the requests. */
async function outcomesOf(wanted: readonly DerivedPath[]): Promise<readonly string[]> {
  const results = await connection.call(buildPathsWithResults, { wanted, mode: 'normal' });
  const found = wanted.map(item =>
    results.find(other => JSON.stringify(other.wanted) === JSON.stringify(item)),
  );
  return found.map(item => item?.result.status ?? 'none');
}

describe('a request', () => {
  test('builds what is needed, inputs first and once each', async () => {
    const base = counted('base');
    const left = counted('left', `base = ${base};`);
    const right = counted('right', `base = ${base};`);
    const top = await instantiate(counted('top', `left = ${left}; right = ${right};`));
    expect(await outcomesOf([built(top), built(await instantiate(right))])).toEqual([
      'built',
      'built',
    ]);
    for (const name of ['base', 'left', 'right', 'top']) expect(timesBuilt(name)).toBe(1);
    expect(await outcomesOf([built(top)])).toEqual(['already-valid']);
  });

  test('builds a derivation once for several of its outputs', async () => {
    const drvPath = await instantiate(
      `run "outputs" { outputs = [ "out" "dev" "doc" ]; } "echo outputs >> /counter; echo > $out; echo > $dev; echo > $doc"`,
    );
    const wanted = [built(drvPath, ['dev']), built(drvPath, ['out', 'doc']), built(drvPath)];
    expect(await outcomesOf(wanted)).toEqual(['built', 'built', 'built']);
    expect(timesBuilt('outputs')).toBe(1);
  });

  test('says for each path what came of it, when told to keep going', async () => {
    await connection.call(setOptions, KEEP_GOING);
    const failing = `run "failing" {} "exit 3"`;
    const paths = await Promise.all(
      [counted('fine'), failing, counted('needs-failing', `failing = ${failing};`)].map(
        instantiate,
      ),
    );
    const [fine, bad, needsBad] = paths.map(path => built(path));
    if (!fine || !bad || !needsBad) throw new Error('three derivations were made');
    expect(await outcomesOf([needsBad, bad, fine])).toEqual([
      'dependency-failed',
      'permanent-failure',
      'built',
    ]);
    expect(timesBuilt('needs-failing')).toBe(0);
  });

  test.each([
    {
      what: 'an output that does not exist',
      wanted: (drv: StorePath) => built(drv, ['nothing']),
      words: /does not have .*output/,
    },
    {
      what: 'a derivation that is not valid',
      wanted: () => built(absent('x.drv')),
      words: /is not valid/,
    },
    {
      what: 'a path that nobody can make',
      wanted: () => ({ kind: 'opaque', path: absent('x') }) as const,
      words: /does not exist|is not valid/,
    },
  ])('is refused for $what', async ({ wanted, words }) => {
    const item = wanted(await instantiate(counted('any')));
    await expect(connection.call(buildPaths, { wanted: [item], mode: 'normal' })).rejects.toThrow(
      words,
    );
    expect((await outcomesOf([item]))[0]).toMatch(/failure|no-substituters|input-rejected/);
  });

  test('for a text that is no derivation is refused, and harms nobody', async () => {
    const text = 'Derive(nonsense';
    await expect(addText(connection, 'bad.drv', text)).rejects.toThrow(/Cannot|expected/);
    const path = await addText(connection, 'not-a-drv', text);
    using other = await connectTo(shop.store);
    const request = { wanted: [built(path)], mode: 'normal' } as const;
    await expect(other.call(buildPaths, request)).rejects.toThrow(/not-a-drv/);
    await connection.call(ensurePath, path);
  });

  test.each(['repair', 'check'] as const)('in %s mode is refused in words', async mode => {
    const wanted = [built(await instantiate(counted('mode')))];
    await expect(connection.call(buildPaths, { wanted, mode })).rejects.toThrow(/mode/);
  });

  test('for nothing is answered', async () => {
    await connection.call(buildPaths, { wanted: [], mode: 'normal' });
    expect(await outcomesOf([])).toEqual([]);
  });
});

test('what is missing is what would be built', async () => {
  const base = counted('missing-base');
  const [basePath, topPath] = await Promise.all(
    [base, counted('missing-top', `base = ${base};`)].map(instantiate),
  );
  if (!basePath || !topPath) throw new Error('two derivations were made');
  const path = absent('gone');
  const wanted = [built(topPath), { kind: 'opaque', path } as const];
  expect(await connection.call(queryMissing, wanted)).toMatchObject({
    willBuild: [basePath, topPath].sort(),
    willSubstitute: [],
    unknown: [path],
  });
  await connection.call(buildPaths, { wanted: [built(basePath)], mode: 'normal' });
  expect(await connection.call(queryMissing, wanted)).toMatchObject({ willBuild: [topPath] });
});

describe('two derivations of one fixed output', () => {
  test('are built one after the other, and the second finds it valid', async () => {
    const text = (how: string) =>
      `run "same" { how = "${how}"; outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = builtins.hashString "sha256" "same"; } "echo same >> /counter; sleep 0.3; printf same > $out"`;
    const paths = await Promise.all(['one', 'two', 'three'].map(how => instantiate(text(how))));
    const build = async (path: StorePath) => {
      using client = await connectTo(shop.store);
      await client.call(buildPaths, { wanted: [built(path)], mode: 'normal' });
    };
    await Promise.all(paths.map(build));
    expect(timesBuilt('same')).toBe(1);
  });
});

function absent(name: string): StorePath {
  return `${shop.store.storeDir}/${'0'.repeat(32)}-${name}` as StorePath;
}
