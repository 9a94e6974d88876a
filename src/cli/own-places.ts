import type { UserPlaces } from '../setup/user-places.ts';
import { userPlaces } from '../setup/user-places.ts';
import type { Environment } from './command.ts';

/** Where this user's own installation is or would be; undefined for who has no home. */
export function findOwnPlaces({ HOME = '' }: Environment): UserPlaces | undefined {
  return HOME.startsWith('/') ? userPlaces(HOME) : undefined;
}
