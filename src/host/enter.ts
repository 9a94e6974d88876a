import { execFile } from 'node:child_process';
import { constants } from 'node:os';
import { hasCode, messageOf } from '../base/errors.ts';
import { commandFailed, commandMissing } from './errors.ts';

/** How a builder ended; `signal` is a number. `maxRssKib` is that of its largest process. */
export type EnterOutcome =
  | ({ readonly kind: 'exited'; readonly code: number } & Usage)
  | ({ readonly kind: 'signalled'; readonly signal: number } & Usage)
  | Refusal;

interface Usage {
  readonly userMicros: number;
  readonly systemMicros: number;
  readonly maxRssKib: number;
}

const NO_USAGE: Usage = { userMicros: 0, systemMicros: 0, maxRssKib: 0 };

/** The builder never ran. `word` is the part of the specification, or the stage, that failed. */
export interface Refusal {
  readonly kind: 'refused';
  readonly word: string;
  readonly path: string;
  /** The symbolic name, such as EPERM. */
  readonly errno: string;
  readonly text: string;
}

/** Disposing of it kills the builder and waits until nothing of it is left. */
export interface RunningEnter extends AsyncDisposable {
  /**
   * What the builder writes to stdout and stderr, to be read once. A builder whose log is not read comes to a halt;
   * one whose reader leaves early is killed.
   */
  readonly log: AsyncIterable<Uint8Array>;
  /** Never rejects. In a sealed root no process of the builder is left by then; the log may still have a rest. */
  readonly ended: Promise<EnterOutcome>;
  /** Kills the builder and, in a sealed root, all that it started. May be repeated. */
  kill(): void;
}

/** How it ended, from the status lines. A helper that is killed writes no last line, and takes the builder along. */
export function parseOutcome(enterPath: string, status: string): EnterOutcome {
  const reported = parseStatus(status);
  if (reported !== undefined) return reported;
  if (status.startsWith('ok\n'))
    return { kind: 'signalled', signal: constants.signals.SIGKILL, ...NO_USAGE };
  const text = 'ended without a report';
  return { kind: 'refused', word: 'enter', path: enterPath, errno: '-', text };
}

/** A builder that could not be started at all. */
export function unstarted(enterPath: string, error: unknown): RunningEnter {
  const ended = Promise.resolve(notStarted(enterPath, error));
  return {
    log: (async function* () {})(),
    ended,
    kill: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** `ok` alone says nothing of the end. */
function parseStatus(text: string): EnterOutcome | undefined {
  const [line = ''] = text.split('\n').slice(0, -1).slice(-1);
  const [kind, ...fields] = line.split(' ').map(decodeField);
  if (kind === 'fail') {
    const [word = '', path = '', errno = '', reason = ''] = fields;
    return { kind: 'refused', word, path, errno, text: reason };
  }
  const [number = 0, userMicros = 0, systemMicros = 0, maxRssKib = 0] = fields.map(Number);
  const usage = { userMicros, systemMicros, maxRssKib };
  if (kind === 'exit') return { kind: 'exited', code: number, ...usage };
  if (kind === 'signal') return { kind: 'signalled', signal: number, ...usage };
  return undefined;
}

function decodeField(field: string): string {
  return field.replace(/%([0-9a-f]{2})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function notStarted(enterPath: string, error: unknown): Refusal {
  const { code: errno = '-', path = enterPath } =
    typeof error === 'object' && error !== null ? (error as NodeJS.ErrnoException) : {};
  return { kind: 'refused', word: 'spawn', path, errno, text: messageOf(error) };
}

/** One attempt of the doctor's ladder: `A`, `userns`, and `ok` or the name of an error or signal. */
export interface ProbeStep {
  readonly step: string;
  readonly name: string;
  readonly result: string;
}

/** Tries for real what a sandbox needs of this kernel, as this user, in this place. */
export async function probeSandbox(
  enterPath: string,
  signal: AbortSignal,
): Promise<readonly ProbeStep[]> {
  const output = await runHelper([enterPath, '--probe'], signal);
  return output.split('\n').flatMap(line => {
    const [step, name, result] = line.split(' ');
    return step && name && result ? [{ step, name, result }] : [];
  });
}

/** Kills every process of `uid`; needs root. Throws when one of them does not die within ten seconds. */
export async function killProcessesOf(
  enterPath: string,
  uid: number,
  signal: AbortSignal,
): Promise<void> {
  await runHelper([enterPath, '--kill-uid', String(uid)], signal);
}

function runHelper(
  [enterPath = '', ...args]: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(enterPath, args, { env: {}, signal }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal.aborted) reject(signal.reason);
      else if (hasCode(error, 'ENOENT')) reject(commandMissing([enterPath], error));
      else reject(commandFailed([enterPath, ...args], `status ${error.code}`, stderr));
    });
  });
}
