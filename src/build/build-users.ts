import { setTimeout as sleep } from 'node:timers/promises';
import { tryLockFile } from '../host/file-lock.ts';
import { ensureDirectory } from '../host/store-files.ts';

const POLL_MS = 50;

/** The account that one build runs as. */
export interface BuildUser {
  readonly uid: number;
  readonly gid: number;
}

/** The members of the build group, of which each serves one build at a time, in this process or another. */
export interface BuildGroup {
  readonly name: string;
  readonly gid: number;
  readonly uids: readonly number[];
}

/**
 * Holds a free build user until the result is disposed (Nix: src/libstore/lock.cc). `onWait` is called once when all
 * of them are busy.
 */
export async function takeBuildUser(
  group: BuildGroup,
  userPoolDir: string,
  options: { readonly signal: AbortSignal; readonly onWait: () => void },
): Promise<BuildUser & Disposable> {
  ensureDirectory(userPoolDir);
  for (let tries = 0; ; tries++) {
    for (const uid of group.uids) {
      const lock = tryLockFile(`${userPoolDir}/${uid}`, { mode: 'exclusive' });
      if (lock !== undefined)
        return { uid, gid: group.gid, [Symbol.dispose]: () => lock[Symbol.dispose]() };
    }
    if (tries === 0) options.onWait();
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}
