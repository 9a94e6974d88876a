import type { StorePath } from '../formats/store-path.ts';
import type { AppendFile } from '../host/append-file.ts';
import type { EnterOutcome } from '../host/enter.ts';
import type { EnterServer } from '../host/enter-server.ts';
import { type BuildFailure, logTooLong, silentFor, timedOut } from './failure.ts';
import type { BuildListener } from './listener.ts';
import { type LogEvent, LogLines } from './log-lines.ts';

const MS = 1000;

/** Limits of one build; 0 means none. */
export interface BuildLimits {
  readonly timeoutSeconds: number;
  readonly maxSilentSeconds: number;
  readonly maxLogBytes: number;
  /** How many of the last lines an error message shows. */
  readonly shownLines: number;
}

export interface BuilderRun {
  readonly enter: EnterServer;
  readonly spec: Uint8Array;
  readonly drvPath: StorePath;
  readonly limits: BuildLimits;
  readonly log: AppendFile | undefined;
  readonly listener: BuildListener;
  readonly signal: AbortSignal;
}

export interface BuilderResult {
  readonly outcome: EnterOutcome;
  /** Why the builder was killed, when it broke a limit. */
  readonly broken: BuildFailure | undefined;
  readonly lastLines: readonly string[];
}

/**
 * Runs a builder to its end, passing on its output. When this returns, or throws because `signal` was aborted, no
 * process of the builder is left.
 */
export async function runBuilder(run: BuilderRun): Promise<BuilderResult> {
  await using running = await run.enter.start(run.spec);
  const kill = () => running.kill();
  run.signal.addEventListener('abort', kill, { once: true });
  if (run.signal.aborted) kill();
  using watch = new LimitWatch(run, kill);
  const lastLines: string[] = [];
  const lines = new LogLines();
  const tell = (events: Iterable<LogEvent>) => {
    for (const event of events) passOn(run, event, lastLines);
  };
  try {
    for await (const chunk of running.log) {
      watch.heard(chunk.length);
      await run.log?.append(chunk);
      tell(lines.push(chunk));
    }
    tell(lines.finish());
    const outcome = await running.ended;
    run.signal.throwIfAborted();
    return { outcome, broken: watch.broken, lastLines };
  } finally {
    run.signal.removeEventListener('abort', kill);
  }
}

function passOn(run: BuilderRun, event: LogEvent, lastLines: string[]): void {
  const { drvPath, listener, limits } = run;
  if (event.kind === 'phase') listener.setPhase(drvPath, event.phase);
  else if (event.kind === 'message') listener.note(event.level, event.text);
  else {
    listener.logLine(drvPath, event.line);
    lastLines.push(event.line);
    if (lastLines.length > limits.shownLines) lastLines.shift();
  }
}

/** Kills a builder that is silent, runs or writes for too long. */
class LimitWatch implements Disposable {
  broken: BuildFailure | undefined;
  readonly #run: BuilderRun;
  readonly #kill: () => void;
  readonly #total: NodeJS.Timeout | undefined;
  readonly #silence: NodeJS.Timeout | undefined;
  #logBytes = 0;

  constructor(run: BuilderRun, kill: () => void) {
    const { drvPath, limits } = run;
    this.#run = run;
    this.#kill = kill;
    this.#total = this.#after(limits.timeoutSeconds, seconds => timedOut(drvPath, seconds));
    this.#silence = this.#after(limits.maxSilentSeconds, seconds => silentFor(drvPath, seconds));
  }

  heard(byteCount: number): void {
    this.#silence?.refresh();
    this.#logBytes += byteCount;
    const { maxLogBytes } = this.#run.limits;
    if (maxLogBytes > 0 && this.#logBytes > maxLogBytes)
      this.#break(logTooLong(this.#run.drvPath, maxLogBytes));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#total);
    clearTimeout(this.#silence);
  }

  #after(seconds: number, failure: (seconds: number) => BuildFailure): NodeJS.Timeout | undefined {
    if (seconds === 0) return undefined;
    return setTimeout(() => this.#break(failure(seconds)), Math.min(seconds * MS, 2 ** 31 - 1));
  }

  #break(failure: BuildFailure): void {
    this.broken ??= failure;
    this.#kill();
  }
}
