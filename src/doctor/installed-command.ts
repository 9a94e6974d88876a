import { hostNames } from '../config/layout.ts';
import type { Files } from '../host/files.ts';

/** Where packages of a distribution put the command. */
const PACKAGED = '/usr/bin/tenon';

/** The command that users of this host type; undefined when tenon is not installed. */
export async function findInstalledCommand(
  files: Pick<Files, 'look'>,
): Promise<string | undefined> {
  const places = [hostNames.commandFile, PACKAGED];
  const looks = await Promise.all(places.map(place => files.look(place)));
  return places.find((_, index) => looks[index] !== undefined);
}
