import { hasCode } from '../base/errors.ts';
import { type Answer, type AskedQuestion, askLine } from './ask-line.ts';
import { cancelled, noTerminal } from './errors.ts';
import type { Output } from './output.ts';
import { promptTheme } from './prompt-theme.ts';

/** Whom to ask, and what ends the question from outside. */
export interface Asking {
  readonly out: Output;
  readonly signal: AbortSignal;
}

interface Question {
  readonly message: string;
  /** The flag that answers it where nobody can be asked. */
  readonly flag: string;
}

export interface Choice {
  readonly value: string;
  readonly name: string;
  /** What stays on the screen once it is chosen; the name when it is not given. */
  readonly short?: string | undefined;
  /** Why it cannot be chosen here. */
  readonly disabled?: string | undefined;
}

interface ChoiceQuestion extends Question {
  readonly choices: readonly Choice[];
}

/** Asks for a yes or no; Enter alone means `preset`, which is yes when it is not given. */
export async function confirm(
  asking: Asking,
  { preset = true, ...question }: Question & { readonly preset?: boolean },
): Promise<boolean> {
  return (await ask(asking, { type: 'confirm', default: preset, ...question })) === true;
}

/** Asks for one of several ways to go on, the first possible of which Enter alone means. */
export async function choose(asking: Asking, question: ChoiceQuestion): Promise<string> {
  const preset = question.choices.find(({ disabled }) => disabled === undefined)?.value;
  return String(await ask(asking, { type: 'select', default: preset, ...question }));
}

/** Asks for any number of things; `preset` has the values that Enter alone means. */
export async function chooseMany(
  asking: Asking,
  { preset, ...question }: ChoiceQuestion & { readonly preset: readonly string[] },
): Promise<readonly string[]> {
  const answer = await ask(asking, { type: 'checkbox', default: preset, ...question });
  return Array.isArray(answer) ? answer.map(String) : [];
}

/** Asks for a text until `flawOf` finds nothing wrong with it. */
export async function enter(
  asking: Asking,
  {
    preset,
    flawOf,
    ...question
  }: Question & { readonly preset: string; readonly flawOf: (text: string) => string | undefined },
): Promise<string> {
  const validate = (text: string) => flawOf(text) ?? true;
  return String(await ask(asking, { type: 'input', default: preset, validate, ...question }));
}

/** Asks for one of several letters, the first of which Enter alone means. */
export async function decide(asking: Asking, question: ChoiceQuestion): Promise<string> {
  const preset = question.choices[0]?.value;
  return String(await ask(asking, { type: 'expand', default: preset, ...question }));
}

/** Throws `ui/cancelled` when the user leaves, `ui/no-terminal` when there is none. */
async function ask({ out, signal }: Asking, question: AskedQuestion): Promise<Answer> {
  const { message, flag } = question;
  if (!out.canAsk) throw noTerminal(message, flag);
  signal.throwIfAborted();
  return out.canRedraw ? await prompt({ out, signal }, question) : await askLine(signal, question);
}

type PromptQuestions = Parameters<typeof import('inquirer')['default']['prompt']>[0];

async function prompt({ out, signal }: Asking, question: AskedQuestion): Promise<Answer> {
  const { default: inquirer } = await import('inquirer');
  using leaving = onLeave();
  const ended = AbortSignal.any([signal, leaving.signal]);
  const module = inquirer.createPromptModule({ output: process.stderr, signal: ended });
  const { choices, ...rest } = question;
  const asked = {
    ...rest,
    name: 'answer',
    theme: promptTheme(out, question.type),
    shortcuts: { all: null, invert: null },
    expanded: true,
    choices: choices?.map(({ value, name, short = name, disabled }) => ({
      value,
      key: value,
      name,
      short,
      disabled: disabled === undefined ? false : `(${disabled})`,
    })),
  };
  try {
    // Its types want one question per kind; ours are checked by the functions above.
    const answers: Record<string, unknown> = await module([asked] as unknown as PromptQuestions);
    return answers.answer as Answer;
  } catch (error) {
    signal.throwIfAborted();
    if (isExit(error)) throw cancelled();
    throw error;
  }
}

/** Esc, or the end of the input, leave a question as Ctrl-C does. */
function onLeave(): Disposable & { readonly signal: AbortSignal } {
  const leave = new AbortController();
  const onKey = (_text: unknown, key: { name?: string; ctrl?: boolean } | undefined) => {
    if (key?.name === 'escape' || (key?.ctrl === true && key.name === 'd')) leave.abort();
  };
  const onEnd = () => leave.abort();
  process.stdin.on('keypress', onKey).on('end', onEnd);
  return {
    signal: leave.signal,
    [Symbol.dispose]: () => void process.stdin.off('keypress', onKey).off('end', onEnd),
  };
}

/** Inquirer has no codes: Ctrl-C in a prompt, or its signal, is an error of this name. */
function isExit(error: unknown): boolean {
  if (hasCode(error, 'ABORT_ERR')) return true;
  const name = String((error as { name?: unknown } | null)?.name);
  return name === 'ExitPromptError' || name === 'AbortPromptError';
}
