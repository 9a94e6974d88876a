import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { hostNames } from '../config/layout.ts';
import { encodeText } from '../formats/byte-string.ts';
import type { Host } from '../host/host.ts';
import type { SetupEvent } from '../setup/run.ts';

/** For the people who run the host, and nobody else. */
const LOG_MODE = 0o640;

/** Remembers what a setup did, and writes it down where something went wrong. */
export class SetupLog {
  readonly #lines: string[] = [];

  add(text: string): void {
    this.#lines.push(`${new Date().toISOString()} ${text}`);
  }

  /** Passes the events on. */
  async *follow<Result>(
    events: AsyncGenerator<SetupEvent, Result>,
  ): AsyncGenerator<SetupEvent, Result> {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      this.add(describe(next.value));
      yield next.value;
    }
  }

  /** Gives the file, or undefined where it cannot be written: the reason for that is mostly the one for the log. */
  async write(host: Host, error: unknown): Promise<string | undefined> {
    this.add(detailsOf(error));
    const file = join(hostNames.logDir, 'setup.log');
    try {
      if ((await host.look(hostNames.logDir)) === undefined)
        await host.makeDirectory(hostNames.logDir, 0o755);
      await host.writeText(file, encodeText(`${this.#lines.join('\n')}\n`), LOG_MODE);
      return host.at(file);
    } catch {
      return undefined;
    }
  }
}

function describe(event: SetupEvent): string {
  switch (event.event) {
    case 'start':
    case 'done':
      return `${event.event} ${event.step.id}: ${event.title}`;
    case 'failed':
      return `failed ${event.step.id}: ${detailsOf(event.error)}`;
    case 'kept':
      return `kept ${event.kept.what}: ${event.kept.reason}`;
    case 'rollback':
      return `roll back: ${messageOf(event.error)}`;
    default:
      return event satisfies never;
  }
}

function detailsOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  const cause = error.cause === undefined ? '' : `\n  because of ${detailsOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
