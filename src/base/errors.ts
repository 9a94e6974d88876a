interface Details {
  readonly hint?: string | undefined;
  readonly check?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A failure that a user can act on. `code` is `folder/what-is-wrong` and stable, `hint` says what to do next,
 * `check` names the doctor check that explains it.
 */
export class TenonError extends Error {
  override readonly name = 'TenonError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly check: string | undefined;

  constructor(code: string, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.check = details.check;
  }
}

/** Whether `error` carries this code: one of ours (`store/…`) or the system's (`ENOENT`). */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** The message with the way out, for those who are shown one text only. */
export function adviceOf(error: unknown): string {
  const message = messageOf(error);
  return error instanceof TenonError && error.hint !== undefined
    ? `${message}\n(${error.hint})`
    : message;
}

/** The message of anything that can be thrown, for a log line or a reply. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message);
  return String(error);
}
