import { spawn } from 'node:child_process';

export interface Outcome {
  /** Undefined when a signal ended the program. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Limits {
  readonly timeoutMs: number;
  /** Ends the program when time is up; by default it is killed, which leaves its children alone. */
  readonly stop?: () => void;
  readonly input?: string;
}

/** Runs a program to its end, whatever its status; throws only when it cannot start or takes too long. */
export async function runProgram(
  command: readonly string[],
  { timeoutMs, stop, input }: Limits,
): Promise<Outcome> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'pipe' });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop?.();
    child.kill('SIGKILL');
  }, timeoutMs);
  child.stdin.on('error', () => undefined); // a program may end without reading
  child.stdin.end(input ?? '');
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => clearTimeout(timer));
  const outcome = { code: code ?? undefined, stdout: stdout(), stderr: stderr() };
  if (late) throw new Error(`Stopped after ${timeoutMs} ms: ${describeRun(command, outcome)}`);
  return outcome;
}

/** The command and everything it said, for the message of a test that fails. */
export function describeRun(command: readonly string[], outcome: Outcome): string {
  const { code, stdout, stderr } = outcome;
  return `${command.join(' ')}\nstatus ${code ?? 'none'}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
