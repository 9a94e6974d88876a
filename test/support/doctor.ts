import { join } from 'node:path';
import type { Report } from '../../src/doctor/report.ts';
import { describeRun, type Outcome, runProgram } from './run-program.ts';

/** Longer than any check takes on a machine that is busy with other things. */
const TIMEOUT = ['--timeout', '60'];
const LIMIT_MS = 100_000;

const tenonPath = join(import.meta.dirname, '../../src/tenon');

/** Runs a shell script in new namespaces; what it breaks is whole again afterwards. `$0` is tenon. Takes root. */
export async function inNamespaces(
  script: string,
  { unshare = ['--mount', '--propagation', 'private'] }: { unshare?: readonly string[] } = {},
): Promise<Outcome> {
  const argv = ['unshare', ...unshare, 'sh', '-euc', script, tenonPath];
  return await runProgram(argv, { timeoutMs: LIMIT_MS });
}

/** What the doctor says after `script` has broken something, in namespaces of its own. Takes root. */
export async function diagnose(
  script: string,
  args: readonly string[],
  options: { unshare?: readonly string[] } = {},
): Promise<Report> {
  const doctor = `exec "$0" doctor --json ${[...TIMEOUT, ...args].join(' ')}`;
  const outcome = await inNamespaces(`${script}\n${doctor}`, options);
  try {
    return JSON.parse(outcome.stdout);
  } catch {
    throw new Error(describeRun([script], outcome));
  }
}
