import { basename } from 'node:path';
import type { Host } from '../host/host.ts';
import type { Installation } from '../setup/installation.ts';
import { places } from '../setup/places.ts';
import type { UserPlaces } from '../setup/user-places.ts';
import type { CommandContext } from './command.ts';

/** Three lines at most, for the shell that is used; each command works as it stands. */
export async function findNextCommands(
  host: Host,
  { SHELL = '' }: CommandContext['env'],
  { user }: Installation,
): Promise<readonly string[]> {
  const isFish = basename(SHELL) === 'fish';
  if (user !== undefined) return inColumns(await commandsOf(host, user, isFish));
  const file = isFish ? places.fishProfile : places.profile;
  const hasFile = (await host.look(file)) !== undefined;
  const lines = [
    ...(hasFile
      ? [[`${isFish ? 'source' : '.'} ${file}`, 'the profiles in this shell; others get them']]
      : []),
    ['tenon doctor', 'checks this host'],
    ['tenon uninstall', 'takes it all away'],
  ];
  return inColumns(lines);
}

/** In whatever shell: the variables are in a file that all of them but fish read. */
async function commandsOf(
  host: Host,
  { environmentFile, commandFile, profile, fishProfile }: UserPlaces,
  isFish: boolean,
): Promise<Lines> {
  const file = isFish ? fishProfile : profile;
  const hasFile = (await host.look(file)) !== undefined;
  return [
    hasFile
      ? [`${isFish ? 'source' : '.'} ${file}`, 'leads this shell to the store; logins get it']
      : [`set -a; . ${environmentFile}; set +a`, 'leads Nix programs to this store'],
    [`${commandFile} start`, 'starts the daemon where nobody else does'],
    [`${commandFile} uninstall`, 'takes it all away'],
  ];
}

type Lines = readonly (readonly string[])[];

function inColumns(lines: Lines): readonly string[] {
  const width = Math.max(...lines.map(([command = '']) => command.length)) + 2;
  return lines.map(([command = '', what = '']) => `  ${command.padEnd(width)}${what}`);
}
