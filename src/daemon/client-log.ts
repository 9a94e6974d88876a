import type { Progress, RealiseListener } from '../build/realise.ts';
import { encodeText } from '../formats/byte-string.ts';
import type { StorePath } from '../formats/store-path.ts';
import { ACTIVITY, RESULT, VERBOSITY } from '../protocol/log-types.ts';
import type { LogMessage, Word } from '../protocol/messages.ts';

/** Where messages go; `isCongested` while the client reads more slowly than it is told things. */
export interface MessageOutlet {
  send(message: LogMessage): void;
  isCongested(): boolean;
}

const ID_SHIFT = 32n;
const OWN_IDS = BigInt(process.pid) << ID_SHIFT;

/**
 * Tells one client how its request gets on. Nothing here waits: lines of a build log that a client does not keep up
 * with are left out, with a note that says so, because others may follow the same build.
 */
export class ClientLog implements RealiseListener {
  /** The client wants messages up to this level. */
  verbosity: number = VERBOSITY.info;
  readonly #outlet: MessageOutlet;
  readonly #builds = new Map<StorePath, Word>();
  #ids = 0n;
  #total: { readonly realise: Word; readonly builds: Word; readonly copies: Word } | undefined;
  #skippedLines = 0;

  constructor(outlet: MessageOutlet) {
    this.#outlet = outlet;
  }

  note(level: number, text: string): void {
    if (level <= this.verbosity) this.#outlet.send({ kind: 'next', text: `${text}\n` });
  }

  /** Announces a request to realise paths; `ended` closes it, whatever happened. */
  begin(): void {
    this.#total = {
      realise: this.#start(ACTIVITY.realise),
      builds: this.#start(ACTIVITY.builds),
      copies: this.#start(ACTIVITY.copyPaths),
    };
    this.progress({ done: 0, expected: 0, running: 0, failed: 0 });
  }

  ended(): void {
    for (const drvPath of [...this.#builds.keys()]) this.buildEnded(drvPath);
    if (this.#total === undefined) return;
    const { copies, builds, realise } = this.#total;
    for (const id of [copies, builds, realise]) this.#outlet.send({ kind: 'stop', id });
    this.#total = undefined;
  }

  progress({ done, expected, running, failed }: Progress): void {
    if (this.#total === undefined) return;
    this.#outlet.send({
      kind: 'result',
      id: this.#total.builds,
      type: RESULT.progress,
      fields: [done, expected, running, failed],
    });
  }

  buildStarted(drvPath: StorePath): void {
    if (this.#builds.has(drvPath)) return;
    const text = `building '${drvPath}'`;
    this.#builds.set(drvPath, this.#start(ACTIVITY.build, text, [drvPath, '', 1, 1]));
  }

  buildEnded(drvPath: StorePath): void {
    const id = this.#builds.get(drvPath);
    if (id === undefined) return;
    this.#builds.delete(drvPath);
    this.#outlet.send({ kind: 'stop', id });
  }

  logLine(drvPath: StorePath, line: string): void {
    if (this.#outlet.isCongested()) {
      this.#skippedLines += 1;
      return;
    }
    if (this.#skippedLines > 0) {
      const note = `(${this.#skippedLines} lines left out; "nix log ${drvPath}" has them all)`;
      this.#skippedLines = 0;
      this.#result(drvPath, RESULT.buildLogLine, encodeText(note));
    }
    this.#result(drvPath, RESULT.buildLogLine, line);
  }

  setPhase(drvPath: StorePath, phase: string): void {
    this.#result(drvPath, RESULT.setPhase, encodeText(phase));
  }

  #result(drvPath: StorePath, type: number, field: string): void {
    const id = this.#builds.get(drvPath);
    if (id !== undefined) this.#outlet.send({ kind: 'result', id, type, fields: [field] });
  }

  #start(type: number, text = '', fields: readonly (string | number)[] = []): Word {
    this.#ids += 1n;
    const id = OWN_IDS | this.#ids;
    const level = text === '' ? VERBOSITY.error : VERBOSITY.info;
    this.#outlet.send({ kind: 'start', id, level, type, text, fields, parent: 0 });
    return id;
  }
}
