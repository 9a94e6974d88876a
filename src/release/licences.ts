import { unnamedLicence } from './errors.ts';

/** What a package of npm says its licence is (SPDX), and the name of that licence in Gentoo's `licenses/`. */
const GENTOO_NAMES: Readonly<Record<string, string>> = {
  'Apache-2.0': 'Apache-2.0',
  'BSD-2-Clause': 'BSD-2',
  'BSD-3-Clause': 'BSD',
  ISC: 'ISC',
  MIT: 'MIT',
};

export interface Bundled {
  readonly name: string;
  readonly licence: string;
}

/** Throws `release/unnamed-licence` unless the ebuild's LICENSE names those of all bundled packages. */
export function checkLicences(ebuild: string, packages: readonly Bundled[]): void {
  const named = new Set(/^LICENSE="([^"]*)"$/mu.exec(ebuild)?.[1]?.split(/\s+/u));
  for (const { name, licence } of packages) {
    const wanted = GENTOO_NAMES[licence];
    if (wanted === undefined || !named.has(wanted)) throw unnamedLicence(name, licence);
  }
}
