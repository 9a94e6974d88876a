import { posix } from 'node:path';

/** Where foreign files are: the stores, and the links into them that people put into their variables. */
export interface ForeignPlaces {
  readonly stores: readonly string[];
  readonly profiles: readonly string[];
}

/** A part of a value that leads to a foreign file. */
export interface ForeignPart {
  readonly text: string;
  /** It names a store, or a profile, or a link that leads to one. */
  readonly via: 'store' | 'profile' | 'link';
  /** Where the link leads; null for what names the place itself. */
  readonly target: string | null;
}

const STORES = ['/nix/store', '/gnu/store'];
const PROFILES = [
  '/nix/var/nix/profiles',
  '/var/guix/profiles',
  '/run/current-system',
  '/run/booted-system',
];
/** The profile links of users, wherever their home is. */
const HOME_PROFILE =
  /\/(?:\.nix-profile|\.guix-profile|\.guix-home|\.config\/guix\/current|\.local\/state\/nix\/profiles?)(?:\/|$)/u;

/** The stores that everybody has heard of, and the one that this program serves. */
export function foreignPlaces(own: { storeDir: string; profilesDir: string }): ForeignPlaces {
  return {
    stores: [...new Set([...STORES, own.storeDir])],
    profiles: [...new Set([...PROFILES, own.profilesDir])],
  };
}

/** The paths that `value` names, as they stand there, each with its normal form. */
export function pathsIn(value: string): ReadonlyMap<string, string> {
  const elements = value.split(':').filter(element => element.startsWith('/'));
  const pieces = value.split(BETWEEN_PATHS).flatMap(piece => {
    const start = piece.indexOf('/');
    return start === -1 ? [] : [piece.slice(start)];
  });
  return new Map([...elements, ...pieces].map(path => [path, normalize(path)]));
}

/** A path in flags, messages or assignments ends before one of these; what precedes its slash is `-I` and the like. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they separate as well as a space
const BETWEEN_PATHS = /[\u0000-\u0020\u007f:;,='"`()|&<>{}]+/u;

/** The parts of `value` that are foreign; `links` says where paths lead, for those that lead elsewhere. */
export function foreignParts(
  value: string,
  places: ForeignPlaces,
  links: ReadonlyMap<string, string>,
): readonly ForeignPart[] {
  const parts = [...pathsIn(value)].flatMap(([text, path]) => {
    const part = judgePath(path, places, links.get(path));
    return part === undefined ? [] : [{ text, ...part }];
  });
  return parts.filter(({ text, via }) => via === 'link' || !HAS_PIECES.test(text));
}

export function isInStore(path: string, { stores }: ForeignPlaces): boolean {
  return stores.some(store => isBelow(path, store));
}

function judgePath(
  path: string,
  places: ForeignPlaces,
  target: string | undefined,
): Omit<ForeignPart, 'text'> | undefined {
  if (isInStore(path, places)) return { via: 'store', target: null };
  if (places.profiles.some(profile => isBelow(path, profile)) || HOME_PROFILE.test(path))
    return { via: 'profile', target: target ?? null };
  if (target === undefined) return undefined;
  const leads = judgePath(target, places, undefined);
  return leads === undefined ? undefined : { via: 'link', target };
}

/** An element of several words is looked at as a whole and in pieces; only a link needs the whole. */
const HAS_PIECES = /[\s,;="']/u;

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function normalize(path: string): string {
  const normal = posix.normalize(path);
  return normal === '/' ? normal : normal.replace(/\/$/u, '');
}
