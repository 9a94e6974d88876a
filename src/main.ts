import { hasCode } from './base/errors.ts';
import { runCommand, splitGlobals } from './cli/cli.ts';
import { describeError, interrupted } from './cli/errors.ts';
import { exitCodeOf, exitCodes } from './cli/exit-codes.ts';
import { createOutput } from './ui/output.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => stop.abort(interrupted(name)));

// A reader that leaves early, like head, or a full disk must not stop a setup half way, and a closed terminal no daemon.
let isLost = false;
process.stderr.on('error', () => undefined);
process.stdout.on('error', error => {
  if (isLost || hasCode(error, 'EPIPE') || hasCode(error, 'EIO')) return;
  isLost = true;
  process.stderr.write(`error: Cannot write what there is to say: ${error.message}\n`);
});
process.on('exit', code => {
  if (isLost && code === exitCodes.done) process.exitCode = exitCodes.failed;
});

const { argv, isVerbose, isPlain } = splitGlobals(process.argv.slice(2));
// The packages that draw lists and questions look at it, too.
if (isPlain) process.env.NO_COLOR = '1';
const out = createOutput(process);
let hangs = false;
const leaveBehind = () => {
  hangs = true;
};
try {
  const context = { env: process.env, signal: stop.signal, out, leaveBehind };
  process.exitCode = await runCommand(context, argv);
} catch (error) {
  const { printError } = await import('./ui/error.ts');
  printError(error, out, isVerbose);
  process.exitCode = exitCodeOf(error);
  if (argv.includes('--json')) out.json(describeError(error));
}

if (hangs) {
  const { exitNow } = await import('./host/libc.ts');
  exitNow(process.exitCode);
}
