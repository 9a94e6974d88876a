import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { hashBytes } from '../../src/formats/hash.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { type Codec, encode } from '../../src/formats/wire.ts';
import type { BuildResult } from '../../src/protocol/build-result.ts';
import { message } from '../../src/protocol/messages.ts';
import { addMultipleToStore, addToStore, addToStoreNar } from '../../src/protocol/ops/adding.ts';
import {
  buildDerivation,
  buildPaths,
  buildPathsWithResults,
} from '../../src/protocol/ops/building.ts';
import { collectGarbage, setOptions } from '../../src/protocol/ops/maintenance.ts';
import { queryPathInfo, queryValidPaths } from '../../src/protocol/ops/queries.ts';
import { registerDrvOutput } from '../../src/protocol/ops/realisations.ts';
import { queryMissing, querySubstitutablePathInfos } from '../../src/protocol/ops/substitution.ts';
import { STORE_DIR } from '../formats/feed.ts';
import { MINORS } from './laws.ts';

/** Where a layout changes is pinned in one file, against changes that reader and writer would make together. */
const GOLDEN = new URL('../golden/protocol/layouts.txt', import.meta.url).pathname;

const PATH = parseStorePath(STORE_DIR, `${STORE_DIR}/ha42hgz88l4lab3af6k2fgbhxbcgxm2n-note.txt`);
const DRV = parseStorePath(STORE_DIR, `${PATH.replace('txt', 'drv')}`);
const ID = `sha256:${'5'.repeat(64)}!out`;
const realisation = {
  id: ID,
  outPath: PATH,
  signatures: ['k:s'],
  dependentRealisations: new Map(),
};
const wanted = [{ kind: 'built', drvPath: DRV, outputs: 'all' } as const];
const info = {
  deriver: DRV,
  narHash: hashBytes('sha256', ''),
  references: [PATH],
  registeredAtUnix: 1_500_000_000,
  narSizeBytes: 112,
  ultimate: true,
  signatures: ['k:s'],
  contentAddress: undefined,
};
const result: BuildResult = {
  status: 'timed-out',
  errorMessage: 'late',
  timesBuilt: 2,
  isNonDeterministic: false,
  startedAtUnix: 3,
  stoppedAtUnix: 4,
  cpuUserUs: 5,
  cpuSystemUs: undefined,
  builtOutputs: new Map([[ID, realisation]]),
};
const settings = {
  keepFailed: true,
  keepGoing: false,
  tryFallback: true,
  verbosity: 3,
  maxBuildJobs: 4,
  maxSilentSeconds: 5,
  wantsBuildOutput: false,
  buildCores: 6,
  useSubstitutes: true,
  overrides: new Map([['name', 'value']]),
};
const derivation = {
  outputs: new Map([['out', { path: PATH, hashAlgo: 'r:sha256', hash: 'h' }]]),
  inputSources: [DRV],
  platform: 'p',
  builder: 'b',
  args: ['a'],
  env: new Map([['k', 'v']]),
};

const samples = [
  sample('AddToStore request', addToStore.request, {
    name: 'x',
    content: { method: 'nar', algorithm: 'sha256' },
    references: [PATH],
    repair: true,
  }),
  sample('AddToStore reply', addToStore.reply, { path: PATH, info }),
  sample('AddToStoreNar request', addToStoreNar.request, {
    path: PATH,
    info,
    repair: false,
    dontCheckSignatures: true,
  }),
  sample('AddMultipleToStore request', addMultipleToStore.request, {
    repair: false,
    dontCheckSignatures: true,
  }),
  sample('BuildPaths request', buildPaths.request, { wanted, mode: 'check' }),
  sample('BuildDerivation request', buildDerivation.request, {
    drvPath: DRV,
    derivation,
    mode: 'repair',
  }),
  sample('BuildPathsWithResults reply', buildPathsWithResults.reply, [
    { wanted: { kind: 'built', drvPath: DRV, outputs: ['out'] }, result },
  ]),
  sample('SetOptions request', setOptions.request, settings),
  sample('CollectGarbage request', collectGarbage.request, {
    action: 'delete-specific',
    paths: [PATH],
    ignoreLiveness: false,
    maxFreedBytes: 2n ** 64n - 1n,
  }),
  sample('CollectGarbage reply', collectGarbage.reply, { paths: [PATH], freedBytes: 7n }),
  sample('QueryPathInfo reply', queryPathInfo.reply, info),
  sample('QueryValidPaths request', queryValidPaths.request, { paths: [PATH], substitute: true }),
  sample(
    'QuerySubstitutablePathInfos request',
    querySubstitutablePathInfos.request,
    new Map([[PATH, '']]),
  ),
  sample('QueryMissing reply', queryMissing.reply, {
    willBuild: [DRV],
    willSubstitute: [],
    unknown: [PATH],
    downloadSizeBytes: 8,
    narSizeBytes: 9,
  }),
  sample('RegisterDrvOutput request', registerDrvOutput.request, realisation),
  sample('error', message, {
    kind: 'error',
    error: { level: 0, message: 'bad', trace: ['while'], status: 100 },
  }),
];

test('layouts are those of the golden file, in every version', () => {
  const text = samples.map(describeLayouts).join('\n');
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(GOLDEN), { recursive: true });
    writeFileSync(GOLDEN, text);
  }
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

function sample<T>(name: string, codec: Codec<T>, value: T) {
  return { name, bytesAt: (minor: number) => encode(codec, value, { storeDir: STORE_DIR, minor }) };
}

/** Each layout once, under the first minor that has it. */
function describeLayouts({ name, bytesAt }: ReturnType<typeof sample>): string {
  const seen = new Map<string, number>();
  for (const minor of MINORS) {
    const words = describeWords(Buffer.from(bytesAt(minor)));
    if ([...seen.keys()].at(-1) !== words) seen.set(words, minor);
  }
  return [...seen].map(([words, minor]) => `${name}, since 1.${minor}\n${words}`).join('\n');
}

/** One line for each word: as a number where it is small, and else as the characters it holds. */
function describeWords(bytes: Buffer): string {
  return Array.from({ length: bytes.length / 8 }, (_, index) => {
    const word = bytes.readBigUInt64LE(index * 8);
    const characters = bytes.subarray(index * 8, index * 8 + 8).toString('latin1');
    return `  ${word < 2n ** 16n ? word : JSON.stringify(characters)}\n`;
  }).join('');
}
