import { TenonError } from '../base/errors.ts';

/** The proof build did not come to an end. */
export function proofFailed(reason: string, cause?: unknown): TenonError {
  return new TenonError('doctor/proof-failed', `Cannot prove that builds work: ${reason}`, {
    hint: 'Run "tenon doctor" to see what keeps builds from working',
    check: namedCheck(reason),
    cause,
  });
}

/** The check that the daemon names in the message of a failed build. */
function namedCheck(message: string): string | undefined {
  return /\(doctor check: ([a-z-]+\.[a-z-]+)\)/u.exec(message)?.[1];
}

/** The proof build ended, outside a sandbox. */
export function notSandboxed(seen: string): TenonError {
  const message = `Cannot prove that builds are sandboxed: the builder saw ${seen}`;
  return new TenonError('doctor/not-sandboxed', message, { check: 'sandbox.effective' });
}
