import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const TENON = fileURLToPath(new URL('../../src/tenon', import.meta.url));
const ROUNDS = 21;

/** How long a command may take, as a multiple of something or in seconds. */
export interface CommandScenario {
  readonly name: string;
  /** What it must not be above. */
  readonly bar: number;
  measure(): { readonly figures: string; readonly value: number };
}

export const commandScenarios: readonly CommandScenario[] = [
  {
    name: 'start of tenon --version, against node -e 0',
    bar: 1.5,
    measure() {
      const node = () => milliseconds([process.execPath, '-e', '0']);
      const tenon = () => milliseconds([TENON, '--version']);
      tenon(); // compiles what the next ones find compiled
      const times = Array.from({ length: ROUNDS }, () => [node(), tenon()] as const);
      const nodeMs = median(times.map(([ms]) => ms));
      const tenonMs = median(times.map(([, ms]) => ms));
      const figures = `node ${nodeMs.toFixed(1)} ms  tenon ${tenonMs.toFixed(1)} ms`;
      return { figures, value: tenonMs / nodeMs };
    },
  },
  {
    name: 'tenon doctor, all checks, in seconds',
    bar: 2,
    measure() {
      const doctor = () => milliseconds([TENON, 'doctor', '--json'], [0, 1]);
      doctor();
      const seconds = median(Array.from({ length: 5 }, doctor)) / 1000;
      return { figures: `tenon ${seconds.toFixed(2)} s`, value: seconds };
    },
  },
];

function milliseconds([program = '', ...args]: readonly string[], accept = [0]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  const took = performance.now() - start;
  if (status === null || !accept.includes(status))
    throw new Error(`${program} ${args.join(' ')} ends with ${status}: ${stderr}`);
  return took;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
