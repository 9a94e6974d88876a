import { basename } from 'node:path';
import type { Host } from '../host/host.ts';
import { places } from '../setup/places.ts';
import type { CommandContext } from './command.ts';

/** Three lines at most, for the shell that is used; each command works as it stands. */
export async function findNextCommands(
  host: Host,
  { SHELL = '' }: CommandContext['env'],
): Promise<readonly string[]> {
  const isFish = basename(SHELL) === 'fish';
  const file = isFish ? places.fishProfile : places.profile;
  const hasFile = (await host.look(file)) !== undefined;
  const lines = [
    ...(hasFile
      ? [[`${isFish ? 'source' : '.'} ${file}`, 'the profiles in this shell; others get them']]
      : []),
    ['tenon doctor', 'checks this host'],
    ['tenon uninstall', 'takes it all away'],
  ];
  const width = Math.max(...lines.map(([command = '']) => command.length)) + 2;
  return lines.map(([command = '', what = '']) => `  ${command.padEnd(width)}${what}`);
}
