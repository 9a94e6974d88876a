import { join } from 'node:path';
import { privateEnvironment } from '../../src/config/layout.ts';
import type { Report } from '../../src/doctor/report.ts';
import type { CheckResult } from '../../src/doctor/run.ts';
import { describeRun, type Outcome, runProgram } from './run-program.ts';

/** Longer than any check takes on a machine that is busy with other things. */
const DOCTOR = '"$0" doctor --json --timeout 60';
const LIMIT_MS = 100_000;
const MOUNTS = ['--mount', '--propagation', 'private'];
const tenonPath = join(import.meta.dirname, '../../src/tenon');

/** A folder of the system that scripts in namespaces cover with one in memory. This program must not be in it. */
export const ownFolder = tenonPath.startsWith('/mnt/') ? '/media' : '/mnt';

/** A store of nobody else, in memory. */
export const privateStore = `${ownFolder}/tenon`;

const PRIVATE_STORE = [
  `mount -t tmpfs -o mode=755,size=64g own ${ownFolder}`,
  `mkdir -p ${privateStore}/store ${privateStore}/etc/nix`,
  `echo 'substituters =' > ${privateStore}/etc/nix/nix.conf`,
  ...Object.entries(privateEnvironment(privateStore)).map(
    ([name, value]) => `export ${name}=${value}`,
  ),
].join('\n');

interface Surroundings {
  /** Which namespaces of its own the script gets. */
  readonly unshare?: readonly string[];
}

/** Runs a shell script in new namespaces; what it breaks is whole again afterwards. `$0` is tenon. Takes root. */
export async function inNamespaces(
  script: string,
  { unshare = MOUNTS }: Surroundings = {},
): Promise<Outcome> {
  const argv = ['unshare', ...unshare, 'sh', '-euc', script, tenonPath];
  return await runProgram(argv, { timeoutMs: LIMIT_MS });
}

/** What the doctor says after `script` has broken something, in namespaces of its own. Takes root. */
export async function diagnose(
  script: string,
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<Report> {
  const [report] = await reportsOf(`${script}\n${DOCTOR} ${args.join(' ')}`, surroundings);
  if (report === undefined) throw new Error('the doctor says nothing');
  return report;
}

interface Breakage extends Surroundings {
  readonly breakIt: string;
  readonly cure: string;
  /** Runs the doctor while it is broken, where it takes more than to call it. */
  readonly runBroken?: (doctor: string) => string;
}

interface Diagnoses {
  /** Everything that is found while it is broken and no longer once it is cured: `fs.inodes error`. */
  readonly found: readonly string[];
  /** What is found only after the cure. */
  readonly introduced: readonly string[];
  /** The result of one check while it is broken. */
  broken(id: string): CheckResult | undefined;
  cured(id: string): CheckResult | undefined;
}

/** Breaks something below a private store for real, asks all checks, cures it and asks again. Takes root. */
export async function breakAndCure(breakage: Breakage): Promise<Diagnoses> {
  const { breakIt, cure, runBroken = doctor => doctor } = breakage;
  const script = [
    PRIVATE_STORE,
    breakIt,
    `{ ${runBroken(DOCTOR)}; } || [ $? = 1 ]`,
    "printf '\\0'",
    cure,
    DOCTOR,
  ];
  const [broken, cured] = await reportsOf(script.join('\n'), breakage);
  const find = (report: Report | undefined, id: string) =>
    report?.checks.find(check => check.id === id);
  const found = findings(broken);
  const left = findings(cured);
  return {
    found: found.filter(finding => !left.includes(finding)),
    introduced: left.filter(finding => !found.includes(finding)),
    broken: id => find(broken, id),
    cured: id => find(cured, id),
  };
}

/** `fs.inodes error`, for everything but what is well or was not looked at. */
function findings(report: Report | undefined): readonly string[] {
  const results = report?.checks ?? [];
  return results
    .filter(({ status }) => status !== 'pass' && status !== 'skip')
    .map(({ id, status }) => `${id} ${status}`);
}

async function reportsOf(script: string, surroundings: Surroundings): Promise<readonly Report[]> {
  const outcome = await inNamespaces(script, surroundings);
  try {
    return outcome.stdout.split('\0').map(text => JSON.parse(text));
  } catch {
    throw new Error(describeRun([script], outcome));
  }
}
