import { hostNames } from '../config/layout.ts';
import { unknownMarker } from './errors.ts';

/** Texts by their path. */
export type Texts = ReadonlyMap<string, string>;

interface Source {
  /** The files of `overlay/` and of `ebuilds/`, by their path in them. */
  readonly overlay: Texts;
  readonly ebuilds: Texts;
  readonly version: string;
  /** What the live ebuild follows. */
  readonly checkout: string;
}

const LIVE_EBUILD = /(?<=\/tenon-)9999(?=\.ebuild$)/u;
const MARKER = /@[A-Z]+@/gu;

/**
 * All texts below OUT: `repository/` is the Gentoo repository, `etc/` what a host needs to use it. A path or text of
 * `ebuilds/` with `@N@` in it stands for one of each build user.
 */
export function composeTexts({ overlay, ebuilds, version, checkout }: Source): Texts {
  const texts = new Map<string, string>();
  for (const [path, text] of overlay)
    texts.set(path.startsWith('etc/') ? path : `repository/${path}`, text);
  for (const [path, text] of ebuilds) {
    for (const values of path.includes('@N@') ? buildUsers : [NO_USER]) {
      const place = fill(`repository/${path}`, values);
      const filled = fill(text, { ...values, '@CHECKOUT@': checkout });
      texts.set(place, filled);
      if (LIVE_EBUILD.test(place)) texts.set(place.replace(LIVE_EBUILD, version), filled);
    }
  }
  return texts;
}

type Values = Readonly<Record<string, string>>;

const NO_USER: Values = { '@GID@': `${hostNames.buildGroupId}` };

const buildUsers: readonly Values[] = Array.from(
  { length: hostNames.buildUserCount },
  (_, index) => ({
    ...NO_USER,
    '@N@': `${index + 1}`,
    '@UID@': `${hostNames.buildGroupId + index + 1}`,
  }),
);

function fill(text: string, values: Values): string {
  return text.replaceAll(MARKER, marker => {
    const value = values[marker];
    if (value === undefined) throw unknownMarker(text.split('\n')[0] ?? '', marker);
    return value;
  });
}
