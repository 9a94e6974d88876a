import { resolve } from 'node:path';
import type { SetupName } from '../config/setup-settings.ts';
import { expectedFor, flagOf, setupNames } from '../config/setup-settings.ts';
import { expectName } from './command.ts';
import { settingFlags, settingsIn } from './setup-settings.ts';

/** The host that a plan is for, and what was said of it on the command line. */
export interface Target {
  /** Where that host's `/` is on this machine. */
  readonly root: string;
  readonly flags: Readonly<Partial<Record<SetupName, string>>>;
  /** False where somebody else starts what is installed. */
  readonly isStarted: boolean;
}

export const targetFlags = {
  ...settingFlags,
  root: { type: 'string' },
  'no-start': { type: 'boolean', default: false },
} as const;

const FLAG_WIDTH = 16;

export const TARGET_USAGE: readonly string[] = [
  '',
  '  --root DIR   another host root, of an image or below /mnt; nothing is started there',
  '  --no-start   install and enable the service, and start nothing',
  '',
  'Settings, also as TENON_NAME in the environment and in /etc/tenon/tenon.conf:',
  ...setupNames.map(name => `  --${flagOf(name).padEnd(FLAG_WIDTH)} ${expectedFor(name)}`),
];

/** Throws `cli/usage` for a root that is no path. */
export function readTarget(
  command: string,
  flags: Readonly<Record<string, unknown>> & { readonly root?: string | undefined },
): Target {
  const root = readRoot(command, flags.root);
  return { root, flags: settingsIn(flags), isStarted: flags['no-start'] !== true };
}

/** An empty text is that of a variable which is not set, and means no folder. */
export function readRoot(command: string, text = '/'): string {
  expectName(command, '--root', text);
  return resolve(text);
}
