import type { Variables } from './environment.ts';
import { type ForeignPlaces, foreignParts } from './foreign.ts';
import { defaults, isOfTheShell } from './variables.ts';

/** What a variable is to be; undefined for what has to go. */
export interface Change {
  readonly name: string;
  readonly value: string | undefined;
}

/** The variables that lose something when everything foreign goes, in their order. */
export function planCleaning(
  variables: Variables,
  places: ForeignPlaces,
  links: ReadonlyMap<string, string>,
): readonly Change[] {
  const isForeign = (text: string) => foreignParts(text, places, links).length > 0;
  return [...variables]
    .filter(([name, value]) => !isOfTheShell(name) && isForeign(value))
    .map(([name, value]) => ({ name, value: cleanValue(name, value, isForeign) }));
}

/** What becomes of a variable once nothing foreign is in it; undefined where it goes altogether. */
function cleanValue(
  name: string,
  value: string,
  isForeign: (element: string) => boolean,
): string | undefined {
  const list = splitList(name, value);
  if (list === undefined) return defaults.get(name);
  const kept = list.elements.filter(element => !isForeign(element));
  const rest = kept.join(list.separator);
  if (/^[:;\s]*$/u.test(rest)) return defaults.get(name);
  return withDefault(name, rest);
}

interface List {
  readonly separator: string;
  readonly elements: readonly string[];
}

/**
 * A value is a list by its variable's name, or because all of it is absolute paths. Anything else is one thing: flags
 * and commands mean something else when a word is taken out of them.
 */
function splitList(name: string, value: string): List | undefined {
  if (/^LD_(?:PRELOAD|AUDIT)$/u.test(name))
    return { separator: ':', elements: value.split(/[:\s]+/u) };
  if (/^LUA_/u.test(name)) return { separator: ';', elements: value.split(';') };
  if (/(?:PATH|PATH_1_0|DIRS)$/u.test(name)) return { separator: ':', elements: value.split(':') };
  for (const [separator, pattern] of SEPARATORS) {
    const elements = value.split(pattern);
    if (elements.length > 1 && elements.every(element => /^(?:\/.*)?$/u.test(element)))
      return { separator, elements };
  }
  return undefined;
}

const SEPARATORS: readonly (readonly [string, RegExp])[] = [
  [':', /:/u],
  [' ', /[ \t\n]+/u],
];

/** Programs take these instead of the default, so a value without it has lost the host's own folders. */
function withDefault(name: string, value: string): string {
  if (!name.startsWith('XDG_')) return value;
  const fallback = defaults.get(name)?.split(':') ?? [];
  const elements = value.split(':');
  const missing = fallback.filter(folder => !elements.includes(folder));
  return missing.length < fallback.length ? value : [...elements, ...missing].join(':');
}
