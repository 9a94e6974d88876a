import { join } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';
import { hostNames, privateEnvironment, storeLayout } from '../config/layout.ts';

/** Where everything is when one user installs it without root. */
export interface UserPlaces {
  readonly home: string;
  /** All of it is in there, but for the command and systemd's unit. */
  readonly dir: string;
  readonly layout: StoreLayout;
  /** The variables that lead Nix programs, and the daemon itself, to that store. */
  readonly environment: Readonly<Record<string, string>>;
  /** They are in it, for shells and for systemd. */
  readonly environmentFile: string;
  readonly programDir: string;
  readonly commandFile: string;
  readonly unitFile: string;
  readonly unitLink: string;
  readonly log: string;
  readonly journal: string;
  /** What login shells read, by a line in a file of the user's. */
  readonly profile: string;
  /** A file of its own, in the folder that fish reads. */
  readonly fishProfile: string;
  readonly startUp: StartUpFiles;
}

/** What the user's login shells read. */
interface StartUpFiles {
  readonly shFile: string;
  /** bash reads the first of them instead of that of sh. */
  readonly bashFiles: readonly string[];
  readonly zshFile: string;
  /** Somebody who uses zsh has one of them. */
  readonly zshHints: readonly string[];
}

export function userPlaces(home: string): UserPlaces {
  const dir = join(home, '.tenon');
  const environment = { ...privateEnvironment(dir), NIX_REMOTE: 'daemon' };
  const units = join(home, '.config/systemd/user');
  const unit = `${hostNames.service}.service`;
  return {
    home,
    dir,
    layout: storeLayout(environment),
    environment,
    environmentFile: join(dir, 'environment'),
    programDir: join(dir, 'program'),
    commandFile: join(home, '.local/bin/tenon'),
    unitFile: join(units, unit),
    unitLink: join(units, 'default.target.wants', unit),
    log: join(dir, `${hostNames.service}.log`),
    journal: join(dir, 'install/journal'),
    profile: join(dir, 'profile'),
    fishProfile: join(home, '.config/fish/conf.d/tenon.fish'),
    startUp: {
      shFile: join(home, '.profile'),
      bashFiles: [join(home, '.bash_profile'), join(home, '.bash_login')],
      zshFile: join(home, '.zprofile'),
      zshHints: ['.zprofile', '.zshrc', '.zshenv', '.zlogin'].map(name => join(home, name)),
    },
  };
}

/** Lines that a shell and systemd's EnvironmentFile= both read. */
export function formatEnvironment(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}
