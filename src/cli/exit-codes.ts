import { hasCode } from '../base/errors.ts';

/** What each exit status means; the same for every command. */
export const exitCodes = {
  done: 0,
  found: 1,
  failed: 1,
  usage: 2,
  blocked: 3,
  rolledBack: 4,
  incomplete: 5,
  privileges: 6,
  cancelled: 7,
  pending: 10,
  interrupted: 130,
  terminated: 143,
} as const;

const CODES: readonly (readonly [code: string, status: number])[] = [
  ['cli/usage', exitCodes.usage],
  ['cli/unwritable', exitCodes.usage],
  ['cli/declined', exitCodes.cancelled],
  ['cli/cannot-save', exitCodes.usage],
  ['cli/cannot-open', exitCodes.usage],
  ['cli/no-such-root', exitCodes.usage],
  ['cli/privileges', exitCodes.privileges],
  ['cli/interrupted', exitCodes.interrupted],
  ['cli/terminated', exitCodes.terminated],
  ['ui/cancelled', exitCodes.cancelled],
  ['ui/no-terminal', exitCodes.blocked],
  ['setup/blocked', exitCodes.blocked],
  ['setup/busy', exitCodes.blocked],
  ['setup/not-replaced', exitCodes.rolledBack],
  ['store/in-use', exitCodes.blocked],
  ['setup/no-journal', exitCodes.blocked],
  ['setup/journal-lost', exitCodes.blocked],
  ['setup/no-free-ids', exitCodes.blocked],
  ['setup/unfinished', exitCodes.blocked],
  ['setup/drifted', exitCodes.blocked],
  ['setup/bad-plan-file', exitCodes.usage],
];

const CONFIGURATION = 'config/';

/** The exit status for an error that no command turned into a result. */
export function exitCodeOf(error: unknown): number {
  if (codeOf(error).startsWith(CONFIGURATION)) return exitCodes.usage;
  return CODES.find(([code]) => hasCode(error, code))?.[1] ?? exitCodes.failed;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
