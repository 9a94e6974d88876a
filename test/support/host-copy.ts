import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, jest } from '@jest/globals';
import { type Outcome, runProgram } from './run-program.ts';

/** A place for one copy of this host, which lives as long as the command that runs on it. */
export interface HostCopy extends Disposable {
  /** The command line that makes the copy, prepares it with shell lines and runs a command on it as root. */
  commandLine(prepare: readonly string[], command: readonly string[]): readonly string[];
  /** What the command changed on the copy, a line each; once it has ended. */
  changes(): readonly string[];
}

const script = join(import.meta.dirname, 'host-copy.sh');
const checkout = join(import.meta.dirname, '../..');
const support = '/src/tenon/test/support';
const testLimitMs = 120_000;

/** The command as a copy has it. */
export const tenonInCopy = '/src/tenon/src/tenon';

/** Shell lines for a host on which nothing was ever installed, without an init system that is known. */
export const plainHost = [`. ${support}/plain-host.sh`];

/** The same, run by something that setup takes for OpenRC. */
export const openrcHost = [...plainHost, `. ${support}/fake-openrc.sh`];

export function createHostCopy(): HostCopy {
  const folder = mkdtempSync(join(tmpdir(), 'tenon-copy-'));
  const root = join(folder, 'copy');
  const changes = join(folder, 'changes');
  mkdirSync(root);
  return {
    commandLine: (prepare, command) => {
      const run = ['sh', script, 'run', root, checkout, changes, prepare.join('\n'), ...command];
      return ['unshare', '-m', ...run];
    },
    changes: () =>
      existsSync(changes) ? readFileSync(changes, 'utf8').split('\n').filter(Boolean) : [],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface CopyOutcome extends Outcome {
  readonly changes: readonly string[];
}

/** Runs shell lines on a copy of this host, without a terminal. */
export async function runOnCopy(prepare: readonly string[], script: string): Promise<CopyOutcome> {
  using copy = createHostCopy();
  const command = copy.commandLine(prepare, ['sh', '-c', script]);
  const outcome = await runProgram(command, { timeoutMs: testLimitMs });
  return { ...outcome, changes: copy.changes() };
}

/** `describe`, or a skipped one with the reason printed where no host can be copied. */
export function describeOnCopy(name: string, body: () => void): void {
  const reason = whyNoCopies();
  if (reason === undefined) {
    jest.setTimeout(testLimitMs);
    describe(name, body);
    return;
  }
  process.stderr.write(`Skipped: ${name}: ${reason}\n`);
  describe.skip(`${name} (${reason})`, body);
}

function whyNoCopies(): string | undefined {
  if (process.getuid?.() !== 0) return 'copying a host needs root';
  using copy = createHostCopy();
  const [program = '', ...args] = copy.commandLine([], ['true']);
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `no copy of this host: ${stderr.trim()}`;
}
