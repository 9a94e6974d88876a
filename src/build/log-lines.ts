/** What one line of a builder's output is. */
export type LogEvent =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'phase'; readonly phase: string }
  | { readonly kind: 'message'; readonly level: number; readonly text: string };

const COMMAND_PREFIX = '@nix ';
const LINE_MAX_BYTES = 1 << 20;
const ERROR_LEVEL = 0;
const VOMIT_LEVEL = 7;

/**
 * Splits a builder's output into lines and log commands (Nix: src/libstore/build/derivation-goal.cc). A carriage
 * return moves to the start of the line, so that what follows overwrites it. A line longer than 1 MiB is cut.
 */
export class LogLines {
  #pending = '';

  /** The events that `chunk` completes. */
  *push(chunk: Uint8Array): Iterable<LogEvent> {
    const text = this.#pending + Buffer.from(chunk).toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      yield toEvent(overwritten(text.slice(start, end)));
      start = end + 1;
    }
    this.#pending = text.slice(start);
    while (this.#pending.length > LINE_MAX_BYTES) {
      yield toEvent(overwritten(this.#pending.slice(0, LINE_MAX_BYTES)));
      this.#pending = this.#pending.slice(LINE_MAX_BYTES);
    }
  }

  /** The last line, when it has no end. */
  *finish(): Iterable<LogEvent> {
    if (this.#pending !== '') yield toEvent(overwritten(this.#pending));
    this.#pending = '';
  }
}

/** What a terminal shows of a line with carriage returns in it. */
function overwritten(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r').reduce((shown, part) => part + shown.slice(part.length));
}

/** From a builder only these commands count; any other text is a line of its log. */
function toEvent(line: string): LogEvent {
  const command = line.startsWith(COMMAND_PREFIX) ? parseCommand(line) : undefined;
  return command ?? { kind: 'line', line };
}

function parseCommand(line: string): LogEvent | undefined {
  const command = parseObject(line.slice(COMMAND_PREFIX.length));
  if (command === undefined) return undefined;
  const { action, phase, level, msg } = command;
  if (action === 'setPhase' && typeof phase === 'string') return { kind: 'phase', phase };
  if (action === 'msg' && typeof msg === 'string')
    return { kind: 'message', level: clampLevel(level), text: msg };
  return undefined;
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Not JSON after all: a builder may print what it likes.
  }
  return undefined;
}

function clampLevel(level: unknown): number {
  if (typeof level !== 'number' || !Number.isInteger(level)) return VOMIT_LEVEL;
  return Math.min(Math.max(level, ERROR_LEVEL), VOMIT_LEVEL);
}
