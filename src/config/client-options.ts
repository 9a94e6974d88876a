import type { ByteString } from '../formats/byte-string.ts';
import { wordsOf } from './nix-conf.ts';
import { warnAboutOther } from './other-settings.ts';
import { printable, quoted } from './quoted.ts';
import { type SettingFacts, timerSeconds } from './setting-kinds.ts';
import type { ReadSettings } from './settings.ts';
import { assign, canonicalName, type Settings } from './settings.ts';

/** What a client wants for its own connection: the fixed words and the named values of `SetOptions`. */
export interface ClientOptions {
  readonly keepFailed: boolean;
  readonly keepGoing: boolean;
  readonly tryFallback: boolean;
  readonly maxBuildJobs: number;
  /** 0 for no limit. */
  readonly maxSilentSeconds: number;
  /** 0 for all. */
  readonly buildCores: number;
  readonly useSubstitutes: boolean;
  readonly overrides: ReadonlyMap<ByteString, ByteString>;
}

export interface ClientRights {
  readonly isTrusted: boolean;
  readonly facts: SettingFacts;
}

/** Ignored whoever sends them: the daemon's own count. */
const NEVER_FROM_CLIENTS: ReadonlySet<string> = new Set([
  'experimental-features',
  'extra-experimental-features',
  'plugin-files',
  'ssh-auth-sock',
]);

const ALLOWED_TO_ANYONE: ReadonlySet<string> = new Set([
  'build-poll-interval',
  'connect-timeout',
  'max-silent-time',
  'repeat',
  'timeout',
]);

/** A client that sends more than this wants to keep the daemon busy. */
const MAX_OVERRIDES = 1000;
const MAX_VALUE_BYTES = 64 * 1024;
const MAX_WARNINGS = 20;

/**
 * The settings of a connection after the client asked for `options` (Nix: src/libstore/daemon.cc). Nothing a client
 * sends is an error: what it may not set or what makes no sense becomes a warning to it.
 */
export function applyClientOptions(
  settings: Settings,
  options: ClientOptions,
  rights: ClientRights,
): ReadSettings {
  const warnings: string[] = [];
  let changed = applyFixed(settings, options);
  for (const [name, value] of [...options.overrides].slice(0, MAX_OVERRIDES)) {
    const result = applyOverride(changed, { name, value }, rights);
    changed = result.settings;
    warnings.push(...result.warnings);
  }
  const unread = options.overrides.size - MAX_OVERRIDES;
  if (unread > 0)
    warnings.push(`ignoring ${unread} settings: more than ${MAX_OVERRIDES} were sent`);
  return { settings: changed, warnings: firstOf(warnings) };
}

function applyFixed(settings: Settings, options: ClientOptions): Settings {
  return {
    ...settings,
    keepFailed: options.keepFailed,
    keepGoing: options.keepGoing,
    fallback: options.tryFallback,
    maxJobs: options.maxBuildJobs,
    maxSilentSeconds: timerSeconds(options.maxSilentSeconds),
    cores: options.buildCores,
    substitute: options.useSubstitutes,
  };
}

interface Override {
  readonly name: ByteString;
  readonly value: ByteString;
}

function applyOverride(settings: Settings, override: Override, rights: ClientRights): ReadSettings {
  const name = canonicalName(override.name);
  const value = override.value;
  if (NEVER_FROM_CLIENTS.has(name)) return { settings, warnings: [] };
  if (value.length > MAX_VALUE_BYTES)
    return {
      settings,
      warnings: [
        `ignoring setting '${printable(name)}': it is longer than ${MAX_VALUE_BYTES} bytes`,
      ],
    };
  if (rights.isTrusted || ALLOWED_TO_ANYONE.has(name) || (name === 'builders' && value === ''))
    return applyAllowed(settings, { name, value }, rights.facts);
  if (name === 'substituters') return filterSubstituters(settings, value);
  const why = 'it is a restricted setting and you are not a trusted user';
  const warning = `ignoring the client-specified setting '${printable(name)}', because ${why}`;
  return { settings, warnings: [warning] };
}

function applyAllowed(settings: Settings, override: Override, facts: SettingFacts): ReadSettings {
  const { name, value } = override;
  const assigned = assign(settings, override, facts);
  switch (assigned.kind) {
    case 'assigned':
      return { settings: assigned.settings, warnings: [] };
    case 'bad-value': {
      const is = `${quoted(value)} is not ${assigned.expected}`;
      return { settings, warnings: [`ignoring setting '${printable(name)}': ${is}`] };
    }
    case 'unknown':
      return { settings, warnings: warnAboutOther(name, value) };
    default:
      return assigned satisfies never;
  }
}

/** Anyone may choose among the substituters that the administrator named. */
function filterSubstituters(settings: Settings, value: ByteString): ReadSettings {
  const named = new Set([...settings.trustedSubstituters, ...settings.substituters]);
  const wanted = wordsOf(value).map(url => ({ url, match: matchIn(named, url) }));
  const substituters = wanted.flatMap(({ match }) => match ?? []);
  const warnings = wanted
    .filter(({ match }) => match === undefined)
    .map(({ url }) => `ignoring untrusted substituter '${printable(url)}'`);
  return { settings: { ...settings, substituters }, warnings };
}

/** The URL as the administrator wrote it, a trailing slash aside. */
function matchIn(named: ReadonlySet<string>, url: string): string | undefined {
  const other = url.endsWith('/') ? url.slice(0, -1) : `${url}/`;
  return [url, other].find(each => named.has(each));
}

function firstOf(warnings: readonly string[]): readonly string[] {
  const rest = warnings.length - MAX_WARNINGS;
  if (rest <= 0) return warnings;
  return [...warnings.slice(0, MAX_WARNINGS), `${rest} more warnings about settings`];
}
