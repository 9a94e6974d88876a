import { hasCode } from './base/errors.ts';
import { runCommand } from './cli/cli.ts';
import { interrupted } from './cli/errors.ts';
import { exitCodeOf } from './cli/exit-codes.ts';
import { createOutput } from './ui/output.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => stop.abort(interrupted(name)));

// A reader that leaves early, like head, must not stop a setup half way.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', error => {
    if (!hasCode(error, 'EPIPE')) throw error;
  });

const argv = process.argv.slice(2);
const verbose = argv[0] === '--verbose';
const out = createOutput(process);
let hangs = false;
const leaveBehind = () => {
  hangs = true;
};
try {
  const context = { env: process.env, signal: stop.signal, out, leaveBehind };
  process.exitCode = await runCommand(context, verbose ? argv.slice(1) : argv);
} catch (error) {
  const { printError } = await import('./ui/error.ts');
  printError(error, out, verbose);
  process.exitCode = exitCodeOf(error);
}

if (hangs) {
  const { exitNow } = await import('./host/libc.ts');
  exitNow(process.exitCode);
}
