import type { StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import { readHistory } from './journal.ts';
import { places } from './places.ts';

/** What of the kind is on a host already. */
export interface Existing {
  /** What setup installed here before. */
  readonly hasTenon: boolean;
  /** The daemon programs of stock Nix. */
  readonly nixPrograms: readonly string[];
  /** Undefined when there is no store. */
  readonly storeEntries: number | undefined;
  readonly hasGuix: boolean;
}

const NIX_PROGRAMS = [
  '/usr/bin/nix-daemon',
  '/usr/sbin/nix-daemon',
  '/usr/local/bin/nix-daemon',
  '/nix/var/nix/profiles/default/bin/nix-daemon',
];
const GUIX_STORE = '/gnu/store';

export async function findExisting(host: Host, { storeDir }: StoreLayout): Promise<Existing> {
  const exists = async (path: string) => (await host.look(path)) !== undefined;
  const programs = await Promise.all(NIX_PROGRAMS.map(exists));
  return {
    hasTenon: (await readHistory(host, places.journal)).installed.length > 0,
    nixPrograms: NIX_PROGRAMS.filter((_, index) => programs[index]),
    storeEntries: (await exists(storeDir)) ? (await host.list(storeDir)).length : undefined,
    hasGuix: await exists(GUIX_STORE),
  };
}

/** Whether there is a store with something in it that setup did not put there. */
export function isForeign({ hasTenon, storeEntries = 0 }: Existing): boolean {
  return !hasTenon && storeEntries > 0;
}

/** In words, for people. */
export function describeExisting(existing: Existing): string {
  const { hasTenon, nixPrograms, storeEntries, hasGuix } = existing;
  const parts = [
    hasTenon ? 'tenon' : '',
    nixPrograms.length > 0 ? `stock Nix (${nixPrograms.join(', ')})` : '',
    storeEntries === undefined ? '' : `a store (entries: ${storeEntries})`,
    hasGuix ? 'Guix' : '',
  ].filter(Boolean);
  return parts.length === 0 ? 'no store and no daemon of another' : parts.join(', ');
}
