import type { CommandContext } from './command.ts';
import { commands } from './commands.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { readVersion } from './version.ts';

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
  ].join('\n');
}
