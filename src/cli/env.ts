import type { Command } from './command.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';

interface Verb {
  readonly summary: string;
  load(): Promise<Command>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  check: {
    summary: 'Find variables that lead programs to files of a store',
    load: async () => (await import('./env-check.ts')).envCheck,
  },
  fix: {
    summary: 'Take them out of a shell, keep them from emerge, or report them',
    load: async () => (await import('./env-fix.ts')).envFix,
  },
  exec: {
    summary: 'Run one command without them',
    load: async () => (await import('./env-exec.ts')).envExec,
  },
  hook: {
    summary: 'Have Portage check before each package',
    load: async () => (await import('./env-hook.ts')).envHook,
  },
};

/** `tenon env VERB`: what keeps files of a store out of programs that are not from it. */
export const env: Command = async (context, [name, ...rest]) => {
  if (name === '--help') {
    context.out.line(helpText());
    return exitCodes.done;
  }
  const verb = name !== undefined && Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb === undefined) {
    const case_ = name === undefined ? 'it needs a verb' : `there is no "${name}"`;
    throw usageError(`Cannot run tenon env: ${case_}`, 'env');
  }
  return await (await verb.load())(context, rest);
};

function helpText(): string {
  const lines = Object.entries(VERBS).map(
    ([name, { summary }]) => `  ${name.padEnd(7)} ${summary}`,
  );
  return ['tenon env VERB [OPTIONS]', '', ...lines, '', 'tenon env VERB --help   its options'].join(
    '\n',
  );
}
