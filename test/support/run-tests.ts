import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countTests, summaryLines, type TestCounts } from './test-counts.ts';

/**
 * Runs the tests under this Node: units and components in parallel, then the journeys one after the other, because
 * they are heavy and some measure time. `--without-journeys` leaves those out; other arguments are for Jest.
 */
const root = join(import.meta.dirname, '../..');
const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  `--rootDir=${root}`,
  '--passWithNoTests',
  // A test that failed may leave something running, which must not keep the report back.
  '--forceExit',
];
const QUICK = ['--maxWorkers=2', '--testPathIgnorePatterns=/test/journeys/'];
const JOURNEYS = ['--runInBand', '--testPathIgnorePatterns=/test/(?!journeys/)'];

const args = process.argv.slice(2);
const wanted = args.filter(arg => arg !== '--without-journeys');
const tiers = args.length === wanted.length ? [QUICK, JOURNEYS] : [QUICK];

const runs: TestCounts[] = [];
for (const tier of tiers) runs.push(await runJest([...wanted, ...tier]));
process.stdout.write(`\n${summaryLines(runs).join('\n')}\n`);
const isGreen = runs.every(run => run.failed === 0) && runs.some(run => run.passed > 0);
process.exitCode = isGreen ? 0 : 1;

async function runJest(options: readonly string[]): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-tests-'));
  try {
    const file = join(folder, 'report.json');
    const argv = [...JEST, ...options, '--json', `--outputFile=${file}`];
    const jest = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit' });
    const [status] = await once(jest, 'exit');
    const report = await readFile(file, 'utf8').catch(() => undefined);
    const counts = countTests(report === undefined ? undefined : JSON.parse(report));
    return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(folder, { recursive: true });
  }
}
