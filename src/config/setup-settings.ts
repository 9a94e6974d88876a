import { parseCache } from './caches.ts';
import { badChoice } from './errors.ts';
import { type Environment, hostNames, storeLayout } from './layout.ts';
import type { TenonConf } from './tenon-conf.ts';

/** What setup can be told, by flag, variable, tenon.conf or an answer. Undefined from `parse`: no such value. */
interface Choice<T> {
  readonly expected: string;
  readonly parse: (text: string) => T | undefined;
  readonly initial: T;
}

const layout = storeLayout({});

export type Shell = 'sh' | 'bash' | 'zsh' | 'fish';
/** `sh` and `bash` read one file, that of all shells which read /etc/profile. */
const SHELLS: readonly Shell[] = ['sh', 'bash', 'zsh', 'fish'];

/** An empty list, where an empty text counts as nothing said. */
const NONE = 'none';

/** The names are those of tenon.conf; flags and variables follow from them. */
const setupTable = {
  mode: oneOf(['multi', 'user', 'container']),
  /**
   * What becomes of a stock Nix that is here already: `replace` takes nothing from its nix.conf, `stop` refuses to begin
   * where there is one. The store and the accounts stay in any case.
   */
  existing: oneOf(['adopt', 'replace', 'stop']),
  init: oneOf(['none', 'systemd', 'openrc', 'runit', 's6']),
  'store.dir': absolutePath(layout.storeDir),
  'state.dir': absolutePath(layout.stateDir),
  'build.dir': absolutePath(layout.buildsDir),
  'socket.path': absolutePath(layout.socketPath),
  'config.file': absolutePath(layout.nixConfFile),
  'users.group': accountName(hostNames.buildGroup),
  'users.prefix': accountName(hostNames.buildUserPrefix),
  'users.base': wholeNumber(hostNames.buildGroupId, { least: 1, most: 2 ** 31 - 1 }),
  'users.count': wholeNumber(hostNames.buildUserCount, { least: 1, most: 1024 }),
  'users.strategy': oneOf(['adopt', 'allocate', 'fixed']),
  /** Whose members may use the daemon; '' for everybody. */
  'access.group': accountName(''),
  /** Whose start-up files get the profiles. */
  shells: listOf(`some of ${SHELLS.join(', ')}`, isShell, ['sh']),
  caches: listOf('caches like https://HOST#NAME:KEY', isCache, []),
};

type Table = typeof setupTable;
export type SetupName = keyof Table;
type ValueOf<Name extends SetupName> = Table[Name] extends Choice<infer T> ? T : never;

export type SettingSource = 'flag' | 'env' | 'file' | 'detected' | 'default';

/** Every setting with its value and where that comes from. */
export type SetupSettings = {
  readonly [Name in SetupName]: { readonly value: ValueOf<Name>; readonly source: SettingSource };
};

export interface SetupSources {
  readonly flags: Readonly<Partial<Record<SetupName, string>>>;
  readonly env: Environment;
  /** tenon.conf, where there is one. */
  readonly file: { readonly path: string; readonly conf: TenonConf } | undefined;
  /** What the host suggests, in the form that the file has. */
  readonly detected: Readonly<Partial<Record<SetupName, string>>>;
}

// Object.keys forgets that the table has no other keys.
export const setupNames = Object.keys(setupTable) as readonly SetupName[];

/** `users.base` → `users-base`, for the command line behind `--`. */
export function flagOf(name: SetupName): string {
  return name.replaceAll('.', '-');
}

/** `users.base` → `TENON_USERS_BASE`. */
export function variableOf(name: SetupName): string {
  return `TENON_${name.replaceAll('.', '_').toUpperCase()}`;
}

/** Flag before variable before file before what was detected before default. Throws `config/bad-choice`. */
export function resolveSetupSettings(sources: SetupSources): SetupSettings {
  const resolved = setupNames.map(name => [name, resolveOne(name, sources)]);
  // Each name has the value that its own choice parsed.
  return Object.fromEntries(resolved) as SetupSettings;
}

/** What a setting has to be, for help texts and messages. */
export function expectedFor(name: SetupName): string {
  return setupTable[name].expected;
}

/** Why a text is no value of this setting; undefined when it is one. */
export function flawOfSetting(name: SetupName, text: string): string | undefined {
  const choice: Choice<unknown> = setupTable[name];
  return choice.parse(text) === undefined ? `Give ${choice.expected}` : undefined;
}

/** The names in tenon.conf that setup does not know. */
export function unknownNames(conf: TenonConf): readonly string[] {
  return [...conf.keys()].filter(name => !Object.hasOwn(setupTable, name));
}

function resolveOne(name: SetupName, sources: SetupSources) {
  const choice: Choice<unknown> = setupTable[name];
  const written = findWritten(name, sources);
  if (written === undefined) return { value: choice.initial, source: 'default' };
  const value = choice.parse(written.text);
  if (value === undefined) throw badChoice(written.place, written.text, choice.expected);
  return { value, source: written.source };
}

interface Written {
  readonly source: SettingSource;
  readonly place: string;
  readonly text: string;
}

function findWritten(name: SetupName, sources: SetupSources): Written | undefined {
  const { flags, env, file, detected } = sources;
  const flag = flags[name];
  if (flag !== undefined) return { source: 'flag', place: `--${flagOf(name)}`, text: flag };
  const variable = env[variableOf(name)];
  if (variable !== undefined && variable !== '')
    return { source: 'env', place: variableOf(name), text: variable };
  const inFile = file?.conf.get(name);
  if (inFile !== undefined)
    return { source: 'file', place: `"${name}" in ${file?.path}`, text: inFile };
  const found = detected[name];
  if (found !== undefined)
    return { source: 'detected', place: `the detected ${name}`, text: found };
  return undefined;
}

/** The first value is the default. */
function oneOf<const T extends string>(values: readonly [T, ...T[]]): Choice<T> {
  return {
    expected: `one of ${values.join(', ')}`,
    parse: text => values.find(value => value === text),
    initial: values[0],
  };
}

function absolutePath(initial: string): Choice<string> {
  return {
    expected: 'an absolute path',
    parse: text => (/^\/[^\0\n]*$/.test(text) ? text : undefined),
    initial,
  };
}

function accountName(initial: string): Choice<string> {
  return {
    expected: 'the name of an account',
    parse: text => (text === initial || /^[a-z_][a-z0-9_-]{0,30}$/.test(text) ? text : undefined),
    initial,
  };
}

function wholeNumber(
  initial: number,
  { least, most }: { least: number; most: number },
): Choice<number> {
  return {
    expected: `a number from ${least} to ${most}`,
    parse(text) {
      const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : undefined;
    },
    initial,
  };
}

/** Words with blanks or commas between them, or `none`. */
function listOf<T extends string>(
  expected: string,
  isItem: (word: string) => word is T,
  initial: readonly T[],
): Choice<readonly T[]> {
  return {
    expected: `${expected}, or "${NONE}"`,
    parse(text) {
      const words = text.split(/[\s,]+/).filter(word => word !== '');
      if (words.length === 1 && words[0] === NONE) return [];
      return words.length > 0 && words.every(isItem) ? [...new Set(words)] : undefined;
    },
    initial,
  };
}

function isShell(word: string): word is Shell {
  return SHELLS.some(shell => shell === word);
}

function isCache(word: string): word is string {
  return parseCache(word) !== undefined;
}

/** A value as a flag, a variable or tenon.conf has it. */
export function formatSetting(value: string | number | readonly string[]): string {
  if (typeof value !== 'object') return `${value}`;
  return value.length === 0 ? NONE : value.join(' ');
}
