import { resolve } from 'node:path';
import type { SetupName } from '../config/setup-settings.ts';
import { expectedFor, flagOf, setupNames } from '../config/setup-settings.ts';
import { settingFlags, settingsIn } from './setup-settings.ts';

/** The host that a plan is for, and what was said of it on the command line. */
export interface Target {
  /** Where that host's `/` is on this machine. */
  readonly root: string;
  readonly flags: Readonly<Partial<Record<SetupName, string>>>;
}

export const targetFlags = { ...settingFlags, root: { type: 'string', default: '/' } } as const;

const FLAG_WIDTH = 16;

export const TARGET_USAGE: readonly string[] = [
  '',
  '  --root DIR   another host root, of an image or below /mnt; nothing is started there',
  '',
  'Settings, also as TENON_NAME in the environment and in /etc/tenon/tenon.conf:',
  ...setupNames.map(name => `  --${flagOf(name).padEnd(FLAG_WIDTH)} ${expectedFor(name)}`),
];

export function readTarget(flags: Readonly<Record<string, unknown>>): Target {
  return { root: resolve(String(flags.root)), flags: settingsIn(flags) };
}
