import { posix } from 'node:path';
import type { ByteString } from '../formats/byte-string.ts';
import { badValue, type Origin } from './errors.ts';
import type { Environment } from './layout.ts';
import { parseNixConf, type ReadConf } from './nix-conf.ts';
import { warnAboutOther } from './other-settings.ts';
import { BAD_VALUE, type SettingFacts } from './setting-kinds.ts';
import { type Setting, settingTable } from './setting-table.ts';

type Table = typeof settingTable;
type Field = keyof Table;

/** The settings of a daemon or of one of its connections. */
export type Settings = {
  readonly [Name in Field]: Table[Name] extends Setting<infer T> ? T : never;
};

/** Settings, and what the person who wrote them should know. */
export interface ReadSettings {
  readonly settings: Settings;
  readonly warnings: readonly string[];
}

/** Where settings come from. What comes later wins. */
export interface SettingSources {
  /** nix.conf and the user's files; each may be missing. */
  readonly files: readonly string[];
  /** The value of `NIX_CONFIG`: more lines of nix.conf. */
  readonly nixConfig: ByteString | undefined;
  /** Names and values from the command line. */
  readonly options: readonly (readonly [name: ByteString, value: ByteString])[];
  readonly readConf: ReadConf;
}

interface Written {
  readonly name: ByteString;
  readonly value: ByteString;
  readonly origin: Origin;
}

/** Reads all sources. Throws a TenonError that names file and line. */
export function readSettings(sources: SettingSources, facts: SettingFacts): ReadSettings {
  const warnings = new Set<string>();
  let settings = defaultSettings(facts);
  for (const written of allWritten(sources)) {
    const { name, value, origin } = written;
    const assigned = assign(settings, written, facts);
    if (assigned.kind === 'assigned') settings = assigned.settings;
    else if (assigned.kind === 'bad-value') throw badValue(origin, name, value, assigned.expected);
    else for (const warning of warnAboutOther(name, value)) warnings.add(warning);
  }
  return { settings, warnings: [...warnings] };
}

/** The files with a user's own settings; the most important one comes last. */
export function userConfFiles(env: Environment): readonly string[] {
  const named = env.NIX_USER_CONF_FILES ?? '';
  const files = named === '' ? xdgConfFiles(env) : named.split(':');
  return files.filter(file => posix.isAbsolute(file)).reverse();
}

export type Assigned =
  | { readonly kind: 'assigned'; readonly settings: Settings }
  | { readonly kind: 'bad-value'; readonly expected: string }
  | { readonly kind: 'unknown' };

export function defaultSettings(facts: SettingFacts): Settings {
  const defaults = fields.map(field => [field, settingTable[field].initial(facts)]);
  // The table has each field's initial value at that field's type.
  return Object.fromEntries(defaults) as Settings;
}

/** The settings with one changed by its name in nix.conf, an alias, or `extra-` and either of them. */
export function assign(
  settings: Settings,
  { name, value }: { readonly name: ByteString; readonly value: ByteString },
  facts: SettingFacts,
): Assigned {
  const field = fieldsByName.get(name);
  if (field !== undefined) return assignField(settings, field, { value, facts, appends: false });
  const extra = name.startsWith('extra-') ? fieldsByName.get(name.slice(6)) : undefined;
  const canAppend = extra !== undefined && settingTable[extra].kind.append !== undefined;
  if (!canAppend) return { kind: 'unknown' };
  return assignField(settings, extra, { value, facts, appends: true });
}

/** The name that a setting has in messages and in the rules about clients. */
export function canonicalName(name: ByteString): ByteString {
  const field = fieldsByName.get(name);
  return field === undefined ? name : settingTable[field].name;
}

// Object.keys forgets that the table has no other keys.
const fields = Object.keys(settingTable) as readonly Field[];

const fieldsByName: ReadonlyMap<string, Field> = new Map(
  fields.flatMap(field => {
    const { name, aliases } = settingTable[field];
    return [name, ...aliases].map(each => [each, field] as const);
  }),
);

interface Change {
  readonly value: ByteString;
  readonly facts: SettingFacts;
  readonly appends: boolean;
}

function assignField(
  settings: Settings,
  field: Field,
  { value, facts, appends }: Change,
): Assigned {
  const kind: Setting<unknown>['kind'] = settingTable[field].kind;
  const parsed = kind.parse(value, facts);
  if (parsed === BAD_VALUE) return { kind: 'bad-value', expected: kind.expected };
  const result = appends ? kind.append?.(settings[field], parsed) : parsed;
  return { kind: 'assigned', settings: { ...settings, [field]: result } };
}

function xdgConfFiles({ XDG_CONFIG_HOME, XDG_CONFIG_DIRS, HOME }: Environment): readonly string[] {
  const home = XDG_CONFIG_HOME || posix.join(HOME || '/', '.config');
  const folders = (XDG_CONFIG_DIRS || '/etc/xdg').split(':');
  return [home, ...folders].map(folder => posix.join(folder, 'nix/nix.conf'));
}

function* allWritten({ files, nixConfig, options, readConf }: SettingSources): Iterable<Written> {
  for (const file of files) {
    const text = readConf(file);
    if (text !== undefined) yield* parseNixConf(text, file, readConf);
  }
  if (nixConfig !== undefined) yield* parseNixConf(nixConfig, 'NIX_CONFIG', readConf);
  for (const [name, value] of options) yield { name, value, origin: { file: 'command line' } };
}
