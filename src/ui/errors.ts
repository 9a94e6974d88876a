import { TenonError } from '../base/errors.ts';

/** The user left a question without an answer. */
export function cancelled(): TenonError {
  return new TenonError('ui/cancelled', 'Cancelled, nothing was changed');
}

/** There is a question to ask, and nobody to answer it. */
export function noTerminal(question: string, flag: string): TenonError {
  return new TenonError('ui/no-terminal', `Cannot ask "${question}": this is not a terminal`, {
    hint: `Give ${flag} on the command line`,
  });
}
