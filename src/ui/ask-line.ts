import { createInterface } from 'node:readline';
import type { Choice } from './ask.ts';
import { cancelled } from './errors.ts';

export type Answer = string | boolean | readonly string[];

/** One question, whatever it is shown with. */
export interface AskedQuestion {
  readonly type: 'confirm' | 'select' | 'checkbox' | 'input' | 'expand';
  readonly message: string;
  readonly flag: string;
  readonly default?: Answer | undefined;
  readonly choices?: readonly Choice[];
  readonly validate?: (text: string) => string | true;
}

/** Asks on a terminal that knows nothing but lines, until the answer is one. Throws `ui/cancelled` at the end of input. */
export async function askLine(signal: AbortSignal, question: AskedQuestion): Promise<Answer> {
  const { message, choices = [] } = question;
  process.stderr.write(`? ${message}\n`);
  for (const { value, name, disabled } of choices)
    process.stderr.write(`  ${value}) ${name}${disabled === undefined ? '' : ` (${disabled})`}\n`);
  for (;;) {
    const text = (await readLine(signal, `${hintFor(question)}> `)).trim();
    const answer = text === '' ? question.default : parseAnswer(question, text);
    if (answer !== undefined) return answer;
    process.stderr.write(`  "${text}" is no answer\n`);
  }
}

function hintFor({ type, default: preset }: AskedQuestion): string {
  if (type === 'confirm') return preset === true ? '[Y/n] ' : '[y/N] ';
  const text = Array.isArray(preset) ? preset.join(' ') || 'none' : preset;
  return text === undefined ? '' : `[${text}] `;
}

function parseAnswer({ type, choices = [], validate }: AskedQuestion, text: string) {
  const isPossible = (word: string) =>
    choices.some(({ value, disabled }) => value === word && disabled === undefined);
  switch (type) {
    case 'confirm':
      return /^y(?:es)?$/iu.test(text) ? true : /^no?$/iu.test(text) ? false : undefined;
    case 'select':
    case 'expand':
      return isPossible(text) ? text : undefined;
    case 'checkbox': {
      const words = text === 'none' ? [] : text.split(/[\s,]+/u);
      return words.every(isPossible) ? words : undefined;
    }
    case 'input':
      return validate?.(text) === true ? text : undefined;
    default:
      return type satisfies never;
  }
}

function readLine(signal: AbortSignal, prompt: string): Promise<string> {
  const terminal = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: false,
  });
  return new Promise<string>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    terminal.once('line', resolve).once('close', () => {
      signal.removeEventListener('abort', stop);
      reject(cancelled());
    });
    process.stderr.write(prompt);
  }).finally(() => terminal.close());
}
