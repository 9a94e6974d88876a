import type { StoreLayout } from '../config/layout.ts';
import { hostNames, storeLayout } from '../config/layout.ts';
import { places } from './places.ts';
import { type UserPlaces, userPlaces } from './user-places.ts';

/** Where an installation is, and what is known of it: that of the host, or that of one user. */
export interface Installation {
  readonly layout: StoreLayout;
  readonly journal: string;
  readonly programDir: string;
  readonly user: UserPlaces | undefined;
}

export const hostInstallation: Installation = {
  layout: storeLayout({}),
  journal: places.journal,
  programDir: hostNames.programDir,
  user: undefined,
};

export function userInstallation(home: string): Installation & { readonly user: UserPlaces } {
  const user = userPlaces(home);
  return { layout: user.layout, journal: user.journal, programDir: user.programDir, user };
}
