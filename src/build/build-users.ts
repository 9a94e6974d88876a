import { setTimeout as sleep } from 'node:timers/promises';
import { tryLockFile } from '../host/file-lock.ts';
import { ensureDirectory } from '../host/store-files.ts';
import { idInUse, noGroupForUnsealed } from './errors.ts';

const POLL_MS = 50;
/** How far the ids of two slots are apart (Nix: `maxIdsPerBuild` in src/libstore). */
const SLOT_IDS = 1 << 16;

/** The account that one build runs as. */
export interface BuildUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whom builders are; each one serves one build at a time, in this process or another. */
export type BuildUsers = BuildGroup | BuildIds;

/** The members of the build group. */
export interface BuildGroup {
  readonly kind: 'group';
  readonly gid: number;
  readonly uids: readonly number[];
}

/** Ids that no account has; one of 65536 is used. */
export interface BuildIds {
  readonly kind: 'ids';
  readonly first: number;
  readonly count: number;
  /** Without sandbox, outputs are made as a member of this group; undefined when there is none. */
  readonly gid: number | undefined;
  findAccount(uid: number): Promise<string | undefined>;
}

interface TakeOptions {
  readonly layout: { readonly userPoolDir: string; readonly idPoolDir: string };
  /** Whether the build has a sandbox. */
  readonly sealed: boolean;
  readonly signal: AbortSignal;
  /** Called once when all users are busy. */
  readonly onWait: () => void;
}

interface Candidate extends BuildUser {
  /** The file whose lock stands for the user, by the names that Nix gives it. */
  readonly lockFile: string;
}

/** Holds a free build user until the result is disposed (Nix: src/libstore/unix/user-lock.cc). */
export async function takeBuildUser(
  users: BuildUsers,
  { layout, sealed, signal, onWait }: TakeOptions,
): Promise<BuildUser & Disposable> {
  const poolDir = users.kind === 'group' ? layout.userPoolDir : layout.idPoolDir;
  ensureDirectory(poolDir);
  const candidates = users.kind === 'group' ? membersOf(users) : slotsOf(users, sealed);
  for (let tries = 0; ; tries++) {
    for (const { lockFile, uid, gid } of candidates) {
      const lock = tryLockFile(`${poolDir}/${lockFile}`, { mode: 'exclusive' });
      if (lock === undefined) continue;
      using held = new DisposableStack();
      held.use(lock);
      if (users.kind === 'ids') await requireUnused(users, uid);
      const kept = held.move();
      return { uid, gid, [Symbol.dispose]: () => kept[Symbol.dispose]() };
    }
    if (tries === 0) onWait();
    await sleep(POLL_MS, undefined, { signal });
  }
}

function membersOf({ uids, gid }: BuildGroup): readonly Candidate[] {
  return uids.map(uid => ({ lockFile: String(uid), uid, gid }));
}

/** A sandbox has a group of its own as well, which is the user's number. */
function slotsOf({ first, count, gid }: BuildIds, sealed: boolean): readonly Candidate[] {
  if (!sealed && gid === undefined) throw noGroupForUnsealed();
  return Array.from({ length: Math.floor(count / SLOT_IDS) }, (_, slot) => {
    const uid = first + slot * SLOT_IDS;
    return { lockFile: `slot-${slot}`, uid, gid: sealed ? uid : (gid ?? uid) };
  });
}

/** An account with that id could reach what the builder makes, and would be killed with it. */
async function requireUnused({ findAccount }: BuildIds, uid: number): Promise<void> {
  const account = await findAccount(uid);
  if (account !== undefined) throw idInUse(uid, account);
}

/** Whether ids like these make at least one user, and only such that the system can have. */
export function areUsableIds(first: number, count: number): boolean {
  return first > 0 && count >= SLOT_IDS && first + count < 2 ** 32 - 1;
}
