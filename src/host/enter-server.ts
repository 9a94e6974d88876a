import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { killProcessesOf, parseOutcome, type RunningEnter, unstarted } from './enter.ts';
import { serverEnded } from './errors.ts';
import { KeptFile } from './kept-file.ts';

/** `O_PATH` of open(2), which Node does not export. */
const O_PATH = 0o10000000;
/** `ok` and one line of at most 4096 bytes is all that ever comes. */
const STATUS_BYTES_MAX = 8192;
interface Server {
  readonly child: ChildProcess;
  /** Keeps the directory, so that its socket has a short name however deep it is. */
  readonly directoryFd: number;
}

/**
 * Starts builders by way of a small resident process. The daemon's own fork would take milliseconds of its event
 * loop, and more the larger its memory is (measured: 1.7 ms fresh, 10 ms with 60 MiB in use). When the daemon dies,
 * however it dies, that process and all builders die too.
 */
export class EnterServer implements AsyncDisposable {
  readonly #enterPath: string;
  readonly #program: KeptFile;
  readonly #directory: string;
  #server: Promise<Server> | undefined;

  /**
   * The program is the one that is there now, whatever is installed in its place later. `directory` must not exist;
   * nobody else can enter it, and it goes when the process ends.
   */
  constructor(enterPath: string, directory: string) {
    this.#enterPath = enterPath;
    this.#program = new KeptFile(enterPath);
    this.#directory = directory;
  }

  /** Runs what `spec` says. Never rejects: a builder that could not be started is one that was refused. */
  async start(spec: Uint8Array): Promise<RunningEnter> {
    try {
      this.#server ??= this.#launch();
      const { directoryFd } = await this.#server;
      const path = `/proc/self/fd/${directoryFd}/socket`;
      // One right after the other: that is how the server knows that they belong together.
      const control = createConnection({ path, allowHalfOpen: true });
      return this.#runOn(control, createConnection({ path, allowHalfOpen: true }), spec);
    } catch (error) {
      this.#server = undefined;
      return unstarted(this.#enterPath, error);
    }
  }

  /** Kills every process of `uid`; needs root. Throws when one of them does not die within ten seconds. */
  async killProcessesOf(uid: number, signal: AbortSignal): Promise<void> {
    await killProcessesOf(this.#program.path, uid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    using _program = this.#program;
    const server = await this.#server?.catch(() => undefined);
    if (server === undefined) return;
    const gone = once(server.child, 'exit');
    server.child.stdin?.end();
    await gone;
  }

  async #launch(): Promise<Server> {
    // A helper that was killed has left it.
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(this.#directory, { mode: 0o700 });
    const child = spawn(this.#program.path, ['--serve', this.#directory], {
      argv0: this.#enterPath,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ready = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (!Buffer.isBuffer(ready[0])) throw serverEnded(this.#enterPath);
    const directoryFd = openSync(this.#directory, O_PATH | constants.O_DIRECTORY);
    child.once('exit', () => {
      this.#server = undefined;
      closeSync(directoryFd);
    });
    return { child, directoryFd };
  }

  #runOn(control: Socket, log: Socket, spec: Uint8Array): RunningEnter {
    control.end(spec);
    const ended = readAll(control).then(status => parseOutcome(this.#enterPath, status));
    // A log that breaks has ended; how the build went comes over the other connection.
    log.on('error', () => log.destroy());
    const kill = () => void log.end();
    return {
      log: logOf(log),
      ended,
      kill,
      [Symbol.asyncDispose]: async () => {
        kill();
        await ended;
        log.destroy();
      },
    };
  }
}

async function* logOf(log: Socket): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of log) yield chunk;
  } finally {
    log.destroy();
  }
}

/** All that comes before the end, or the break, of the connection. */
async function readAll(control: Socket): Promise<string> {
  let text = '';
  control.on('data', chunk => {
    if (text.length < STATUS_BYTES_MAX) text += chunk.toString('latin1');
  });
  control.on('error', () => control.destroy());
  await new Promise(resolve => control.once('close', resolve));
  return text;
}
