import { messageOf, TenonError } from '../../base/errors.ts';

/** An error on its way between threads, which keep the data of an error but not its class. */
export type CarriedError =
  | { readonly kind: 'aborted' }
  | {
      readonly kind: 'tenon';
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
      readonly check: string | undefined;
    }
  /** A refusal of the system, such as ENOSPC. */
  | {
      readonly kind: 'system';
      readonly code: string;
      readonly message: string;
      readonly syscall: string;
      readonly path: string | undefined;
    }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string };

/** Thrown into a job to end it. */
export class Aborted extends Error {}

export function packError(error: unknown): CarriedError {
  const message = messageOf(error);
  if (error instanceof Aborted) return { kind: 'aborted' };
  if (error instanceof TenonError) {
    const { code, hint, check } = error;
    return { kind: 'tenon', code, message, hint, check };
  }
  const [code, syscall, path] = ['code', 'syscall', 'path'].map(name => fieldOf(error, name));
  if (code !== undefined && syscall !== undefined) {
    const where = path === undefined ? undefined : `${path}`;
    return { kind: 'system', code: `${code}`, message, syscall: `${syscall}`, path: where };
  }
  return { kind: 'bug', message, stack: `${fieldOf(error, 'stack') ?? message}` };
}

/** The error again; `abortReason` stands for a job that was ended on request. */
export function unpackError(carried: CarriedError, abortReason: unknown): unknown {
  switch (carried.kind) {
    case 'aborted':
      return abortReason;
    case 'tenon': {
      const { code, message, hint, check } = carried;
      return new TenonError(code, message, { hint, check });
    }
    case 'system': {
      const { code, message, syscall, path } = carried;
      return Object.assign(new Error(message), { code, syscall, path });
    }
    case 'bug':
      return Object.assign(new Error(carried.message), { stack: carried.stack });
    default:
      return carried satisfies never;
  }
}

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}
