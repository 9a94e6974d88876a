import { hasCode, messageOf, TenonError } from '../base/errors.ts';
import type { Output } from './output.ts';
import { printable } from './output.ts';

/** Prints an error for a user: what, what to do, and which check explains it. */
export function printError(error: unknown, out: Output, verbose: boolean): void {
  out.remark(`${out.paint('red', 'error')}: ${printable(messageOf(error))}`);
  if (error instanceof TenonError) printDetails(error, out);
  if (verbose || isBug(error)) printCauses(error, out);
}

function printDetails({ code, hint, check }: TenonError, out: Output): void {
  if (hint !== undefined) out.remark(`  hint   ${printable(hint)}`);
  if (check !== undefined) out.remark(`  check  tenon doctor ${check}`);
  out.remark(out.paint('dim', `  code   ${code}`));
}

/** An error without a code is nobody's plan: its stack is the only lead. */
function isBug(error: unknown): boolean {
  return error instanceof Error && !('code' in error);
}

function printCauses(error: unknown, out: Output): void {
  if (!(error instanceof Error)) return;
  out.remark(out.paint('dim', printable(error.stack ?? error.message)));
  if (error.cause !== undefined && !hasCode(error.cause, '')) printCauses(error.cause, out);
}
