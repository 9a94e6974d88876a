import type { ParseArgsOptionsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { hasCode, messageOf } from '../base/errors.ts';
import type { Output } from '../ui/output.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';

/** The variables a command may look at: those of the process, passed down from main. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandContext {
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly out: Output;
  /** Says that something hangs which nobody can stop, so that the program must not wait for it when it ends. */
  readonly leaveBehind?: () => void;
}

/** One command: `parse` and `run` decide, `render` is the only part that writes text. */
interface CommandDefinition<Options, Result> {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  parse(argv: readonly string[]): Options;
  run(context: CommandContext, options: Options): Promise<Result>;
  render(result: Result, out: Output, options: Options): void;
  exitCode?(result: Result, options: Options): number;
}

/** A command closed over its types: runs an argument list and gives the exit status. */
export type Command = (context: CommandContext, argv: readonly string[]) => Promise<number>;

export function defineCommand<Options, Result>(
  command: CommandDefinition<Options, Result>,
): Command {
  return async (context, argv) => {
    if (asksForHelp(argv)) {
      context.out.line(`${command.summary}\n\n${command.usage}`);
      return exitCodes.done;
    }
    const options = command.parse(argv);
    const result = await command.run(context, options);
    command.render(result, context.out, options);
    return command.exitCode?.(result, options) ?? exitCodes.done;
  };
}

/** What follows `--` belongs to another program. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--help');
}

interface ParsedFlags<Flags extends ParseArgsOptionsConfig> {
  readonly flags: ReturnType<typeof parseArgs<{ options: Flags }>>['values'];
  readonly names: readonly string[];
}

/** Splits `argv` into the flags that `command` knows and the words between them. */
export function parseFlags<const Flags extends ParseArgsOptionsConfig>(
  command: string,
  argv: readonly string[],
  options: Flags,
): ParsedFlags<Flags> {
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true });
    return { flags: parsed.values, names: parsed.positionals };
  } catch (error) {
    if (!isFlagError(error)) throw error;
    throw usageError(`Cannot run tenon ${command}: ${firstSentence(messageOf(error))}`, command);
  }
}

/** Refuses words that a command has no use for. */
export function expectNoNames(command: string, names: readonly string[]): void {
  const [first] = names;
  if (first === undefined) return;
  throw usageError(`Cannot run tenon ${command}: it takes no argument "${first}"`, command);
}

/** Refuses the empty text of a variable that is not set, where something has to be named. */
export function expectName(command: string, flag: string, text: string | undefined): void {
  if (text === '') throw usageError(`Cannot run tenon ${command}: ${flag} names nothing`, command);
}

function isFlagError(error: unknown): boolean {
  return [
    'ERR_PARSE_ARGS_UNKNOWN_OPTION',
    'ERR_PARSE_ARGS_INVALID_OPTION_VALUE',
    'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL',
  ].some(code => hasCode(error, code));
}

function firstSentence(text: string): string {
  const [sentence = text] = text.split(/\.\s/u, 1);
  return sentence.replaceAll("'", '"').replace(/^./u, first => first.toLowerCase());
}
