import type { Cache } from '../config/caches.ts';
import { parseCache } from '../config/caches.ts';
import { hostNames } from '../config/layout.ts';
import type { SettingSource, SetupName, SetupSettings, Shell } from '../config/setup-settings.ts';
import {
  flagOf,
  formatSetting,
  resolveSetupSettings,
  setupNames,
  variableOf,
} from '../config/setup-settings.ts';
import { mergeTenonConf } from '../config/tenon-conf.ts';
import type { Init } from '../host/services.ts';
import type { Accounts } from '../host/users.ts';
import type { WantedUsers } from './accounts.ts';
import { chooseUsers } from './accounts.ts';
import type { Setting } from './describe.ts';
import type { PlanInput } from './plan.ts';

/** What setup was told, as far as a plan follows it. */
export interface Choices {
  readonly mode: SetupSettings['mode']['value'];
  readonly existing: SetupSettings['existing']['value'];
  readonly users: WantedUsers;
  /** Whose members may use the daemon; '' for everybody. */
  readonly accessGroup: string;
  readonly shells: readonly Shell[];
  readonly caches: readonly Cache[];
}

export function choicesOf(settings: SetupSettings): Choices {
  return {
    mode: settings.mode.value,
    existing: settings.existing.value,
    users: usersOf(settings),
    accessGroup: settings['access.group'].value,
    shells: settings.shells.value,
    caches: settings.caches.value.flatMap(word => parseCache(word) ?? []),
  };
}

/** The settings that a plan follows; for the others there is one way only. */
const FOLLOWED: readonly SetupName[] = [
  'mode',
  'existing',
  'users.group',
  'users.prefix',
  'users.base',
  'users.count',
  'access.group',
  'shells',
  'caches',
];

const TENON_CONF_HEADER = '; The answers given to tenon setup, for the next time.\n';

export function usersOf(settings: SetupSettings): WantedUsers {
  return {
    group: settings['users.group'].value,
    prefix: settings['users.prefix'].value,
    base: settings['users.base'].value,
    count: settings['users.count'].value,
  };
}

/** Settings that somebody wrote down and that would not be followed. */
export function findUnfollowed(settings: SetupSettings, init: Init): readonly string[] {
  const defaults = defaultsFor(init);
  return setupNames
    .filter(name => !FOLLOWED.includes(name))
    .filter(name => `${settings[name].value}` !== `${defaults[name].value}`)
    .map(name => {
      const only = `only "${defaults[name].value}" is possible here`;
      return `${name} is "${settings[name].value}", and ${only}: ${adviceOn(name, settings[name].source)}`;
    });
}

const OF_THE_STORE: readonly SetupName[] = ['store.dir', 'state.dir', 'socket.path', 'config.file'];

function adviceOn(name: SetupName, source: SettingSource): string {
  const place = {
    flag: `leave out --${flagOf(name)}`,
    env: `unset ${variableOf(name)}`,
    file: `take it out of ${hostNames.tenonConfFile}`,
    detected: 'the host says otherwise',
    default: 'the host says otherwise',
  }[source];
  return OF_THE_STORE.includes(name)
    ? `${place}; "tenon start DIR" serves a store elsewhere, --mode user makes one at home`
    : place;
}

function defaultsFor(init: Init): SetupSettings {
  return resolveSetupSettings({ flags: {}, env: {}, file: undefined, detected: { init } });
}

/** What the plan was made with, and where it comes from. */
export function describeSettings(
  settings: SetupSettings,
  { init, accounts, users }: Pick<PlanInput, 'init' | 'accounts' | 'users'>,
): readonly Setting[] {
  const defaults = defaultsFor(init);
  const base = chooseUsers(accounts, users)?.base ?? users.base;
  return setupNames.map(name => {
    const setting = { name, ...settings[name], default: defaults[name].value };
    if (name !== 'users.base' || base === users.base) return setting;
    return { ...setting, value: base, source: 'detected' };
  });
}

/** What is worth knowing the next time; where things are follows from the host. */
const REMEMBERED: readonly SetupName[] = [
  'mode',
  'users.group',
  'users.prefix',
  'users.base',
  'users.count',
  'access.group',
  'shells',
  'caches',
];

/** The text of tenon.conf with what setup was told or chose; undefined when it says so already. */
export function formatAnswers(
  settings: SetupSettings,
  accounts: Accounts,
  before: string | undefined,
): string | undefined {
  const chosen = chooseUsers(accounts, usersOf(settings))?.base;
  const answerTo = (name: SetupName) =>
    name === 'users.base' ? (chosen ?? settings[name].value) : settings[name].value;
  const isNews = (name: SetupName) =>
    before === undefined
      ? formatSetting(settings[name].value) !== ''
      : ['flag', 'env'].includes(settings[name].source);
  const answers = REMEMBERED.filter(isNews).map(name => [name, formatSetting(answerTo(name))]);
  const { tenonConfFile } = hostNames;
  const text = mergeTenonConf(
    before ?? TENON_CONF_HEADER,
    Object.fromEntries(answers),
    tenonConfFile,
  );
  return text === before ? undefined : text;
}
