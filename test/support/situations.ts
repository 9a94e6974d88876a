import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import type { StockStore } from './stock-nix.ts';
import {
  amongTestUsers,
  asUser,
  buildGroup,
  buildUsers,
  giveToPerson,
  isRoot,
  person,
} from './users.ts';

const canBecomeOthers = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** Who runs a daemon, and whose processes its builders are. */
export interface Situation {
  readonly who: string;
  /** Lines for nix.conf. */
  readonly conf: readonly string[];
  /** Gives a new store to who works on it. */
  readonly prepare: (store: StockStore) => void;
  /** The command that runs `argv` as who works on the store, where all accounts are known. */
  readonly wrap: (store: StockStore, argv: readonly string[]) => readonly [string, ...string[]];
  /** Whom builders are outside of their sandbox. */
  readonly builders: { readonly uids: readonly number[]; readonly gid: number };
  /** Whom the store belongs to. */
  readonly owner: number;
}

export const rootWithBuildUsers: Situation = {
  who: 'root with build users',
  conf: [`build-users-group = ${buildGroup}`],
  prepare: () => undefined,
  wrap: amongTestUsers,
  builders: buildUsers,
  owner: 0,
};

export const rootAlone: Situation = {
  who: 'root without build users',
  conf: [],
  prepare: () => undefined,
  wrap: amongTestUsers,
  builders: { uids: [0], gid: 0 },
  owner: 0,
};

export const ordinaryUser: Situation = {
  who: 'an ordinary user',
  conf: [],
  prepare: giveToPerson,
  wrap: (store, argv) => amongTestUsers(store, asUser(person, argv)),
  builders: { uids: [person.uid], gid: person.gid },
  owner: person.uid,
};

/** For those who cannot become somebody else. */
const myself: Situation = {
  who: 'whoever runs the tests',
  conf: [],
  prepare: () => undefined,
  wrap: (_, [program = '', ...args]) => [program, ...args],
  builders: { uids: [process.getuid?.() ?? 0], gid: process.getgid?.() ?? 0 },
  owner: process.getuid?.() ?? 0,
};

/** Tests in each of the situations, or in the only one that is possible here. */
export function inSituations(...situations: readonly Situation[]) {
  return describe.each(canBecomeOthers ? situations : [myself]);
}
