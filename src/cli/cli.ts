import type { CommandContext } from './command.ts';
import { commands } from './commands.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { readVersion } from './version.ts';

interface Globals {
  readonly argv: readonly string[];
  readonly isVerbose: boolean;
  readonly isPlain: boolean;
}

/** Takes out what every command understands; words behind `--` are somebody else's. */
export function splitGlobals(words: readonly string[]): Globals {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const own = words.slice(0, end);
  return {
    argv: [...own.filter(word => !GLOBALS.includes(word)), ...words.slice(end)],
    isVerbose: own.includes('--verbose'),
    isPlain: own.includes('--no-color'),
  };
}

const GLOBALS = ['--verbose', '--no-color'];

/** Runs the command that `argv` names and gives its exit status. */
export async function runCommand(
  context: CommandContext,
  argv: readonly string[],
): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--version') {
    context.out.line(`tenon ${await readVersion()}`);
    return exitCodes.done;
  }
  if (name === '--help' || name === 'help') {
    context.out.line(helpText());
    return exitCodes.done;
  }
  const entry = commands.find(command => command.name === name);
  if (entry === undefined) throw unknownCommand(name);
  const command = await entry.load();
  return await command(context, rest);
}

function unknownCommand(name: string | undefined): Error {
  if (name === undefined) return usageError('Cannot run tenon: no command is given');
  return usageError(`Cannot run tenon: there is no command "${name}"`);
}

function helpText(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    'tenon COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    'tenon COMMAND --help   the options of a command',
    'tenon --version        the version',
    '',
    'With every command: --no-color, --verbose for the causes of an error.',
  ].join('\n');
}
