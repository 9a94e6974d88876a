import { dirname } from 'node:path';
import { TenonError } from '../base/errors.ts';
import { refusedBySystem, type SystemRefusal } from './errors.ts';

/** What somebody wanted when the system refused. */
export interface Attempt {
  /** Continues "Cannot ". */
  readonly what: string;
  /** A directory that the work was about, for refusals that name no path. */
  readonly place: string;
}

/** The codes of SQLite that are refusals of the system under another name (sqlite3.h). */
const SQLITE_REFUSALS: ReadonlyMap<number, string> = new Map([
  [7, 'ENOMEM'],
  [8, 'EROFS'],
  [10, 'EIO'],
  [13, 'ENOSPC'],
]);
const SQLITE_ERROR = 'ERR_SQLITE_ERROR';

/** Makes an error that people understand of a refusal of the system; any other error is given back as it is. */
export function explained(error: unknown, { what, place }: Attempt): unknown {
  const refusal = refusalOf(error);
  if (refusal === undefined) return error;
  const { path } = refusal;
  const isInside = path === undefined || path === place || path.startsWith(`${place}/`);
  const directory = isInside ? place : dirname(path);
  return refusedBySystem(what, { ...refusal, directory }, error);
}

/** Notes the path of a call that knew only a descriptor. */
export function named(error: unknown, path: string): unknown {
  if (refusalOf(error)?.path === undefined && typeof error === 'object' && error !== null)
    Object.assign(error, { path });
  return error;
}

type Found = Omit<SystemRefusal, 'directory'>;

function refusalOf(error: unknown): Found | undefined {
  if (typeof error !== 'object' || error === null || error instanceof TenonError) return undefined;
  const { code, syscall, path, errcode } = error as Record<string, unknown>;
  const where = { path: typeof path === 'string' ? path : undefined };
  if (code === SQLITE_ERROR) {
    const refused = SQLITE_REFUSALS.get(Number(errcode) & 0xff);
    return refused === undefined ? undefined : { code: refused, call: 'sqlite', ...where };
  }
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/u.test(code)) return undefined;
  return { code, call: typeof syscall === 'string' ? syscall : '', ...where };
}
