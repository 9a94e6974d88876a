import { hostNames } from '../config/layout.ts';

/** Where setup puts things; nothing else needs to know. Paths count from the host's root. */
export const places = {
  /** The command as the files in `init/` name it, for packages that install to /usr. */
  packagedCommand: '/usr/bin/tenon',
  journal: `${hostNames.stateDir}/install/journal`,
  accountBackups: `${hostNames.stateDir}/install/accounts`,
  profile: '/etc/profile.d/tenon.sh',
  zshProfile: '/etc/zsh/zprofile',
  fishProfile: '/etc/fish/conf.d/tenon.fish',
  tmpfiles: '/etc/tmpfiles.d/tenon.conf',
  systemdUnits: '/etc/systemd/system',
  openrcScripts: '/etc/init.d',
  openrcSettings: '/etc/conf.d',
} as const;
