import { hasCode } from '../base/errors.ts';
import { cancelled, noTerminal } from './errors.ts';
import type { Output } from './output.ts';

interface Question {
  readonly message: string;
  /** The flag that answers it where nobody can be asked. */
  readonly flag: string;
}

interface YesOrNo extends Question {
  /** What Enter alone means; yes when it is not given. */
  readonly preset?: boolean;
}

/** Asks for a yes or no. Throws `ui/cancelled` when the user leaves, `ui/no-terminal` when there is none. */
export async function confirm(
  out: Output,
  { message, flag, preset = true }: YesOrNo,
): Promise<boolean> {
  if (!out.canAsk) throw noTerminal(message, flag);
  const answers = await ask([{ type: 'confirm', name: 'answer', message, default: preset }]);
  return answers.answer === true;
}

export interface Choice {
  readonly value: string;
  readonly name: string;
}

/** Asks for one of several ways to go on. */
export async function choose(
  out: Output,
  { message, flag }: Question,
  choices: readonly Choice[],
): Promise<string> {
  if (!out.canAsk) throw noTerminal(message, flag);
  const answers = await ask([{ type: 'select', name: 'answer', message, choices: [...choices] }]);
  return String(answers.answer);
}

type Questions = Parameters<typeof import('inquirer')['default']['prompt']>[0];

async function ask(questions: Questions): Promise<Record<string, unknown>> {
  const { default: inquirer } = await import('inquirer');
  try {
    return await inquirer.prompt(questions);
  } catch (error) {
    if (isExit(error)) throw cancelled();
    throw error;
  }
}

/** Inquirer has no codes: Ctrl-C in a prompt is an error of this name. */
function isExit(error: unknown): boolean {
  if (hasCode(error, 'ABORT_ERR')) return true;
  return (error as { name?: unknown } | null)?.name === 'ExitPromptError';
}
