import { isOlder } from '../formats/version.ts';
import { BETWEEN_DATABASES } from '../store/schema.ts';
import type { UpgradeFacts } from './upgrade-facts.ts';

/** What is to be done so that the installed daemon is the one that runs, and why. */
export interface Decision {
  /** `unknown` to who may not see whether a daemon can be replaced while it serves. */
  readonly action: 'nothing' | 'replace' | 'restart' | 'blocked' | 'unknown';
  readonly direction: 'none' | 'upgrade' | 'downgrade';
  readonly reason: string;
  /** The doctor's check that explains it. */
  readonly check: string | undefined;
  readonly takesBackup: boolean;
}

const INSTALL = '"tenon setup" installs this program';

/** What a file system should have left when a backup is on it. */
const SPARE_BYTES = 64 << 20;

interface Wish {
  /** Also where the daemon that runs is of this version. */
  readonly isForced: boolean;
  /** Only to be told, perhaps before this program is installed. */
  readonly isCheck: boolean;
}

export function decideUpgrade(facts: UpgradeFacts, { isForced, isCheck }: Wish): Decision {
  const { running, own, keeper } = facts;
  const direction = directionOf(facts);
  const plain = { direction, check: undefined, takesBackup: false } as const;
  const obstacle = findObstacle(facts, isCheck);
  if (obstacle !== undefined) return { ...plain, action: 'blocked', ...obstacle };
  if (running === undefined) {
    const next = facts.isInstalled ? 'the next one that starts is the installed one' : INSTALL;
    const reason = `no daemon runs; ${next}`;
    return { ...plain, action: 'nothing', reason };
  }
  if (running.version === own && !isForced)
    return { ...plain, action: 'nothing', reason: 'the daemon that runs is the installed one' };
  const takesBackup = running.version !== own && facts.database.schema !== undefined;
  if (takesBackup && facts.database.freeBytes < facts.database.sizeBytes + SPARE_BYTES) {
    const reason = 'there is no room for a backup of the database';
    return { ...plain, action: 'blocked', reason, check: 'fs.free-space' };
  }
  if (keeper !== undefined) {
    const reason = 'another daemon takes over; no client is refused, and running builds go on';
    return { ...plain, action: 'replace', reason, takesBackup };
  }
  if (!facts.isRoot) {
    const reason = 'only root can see whether another daemon can take over while this one serves';
    return { ...plain, action: 'unknown', reason, takesBackup };
  }
  if (!facts.isServiceActive) {
    const reason =
      'the daemon that answers is not one that the init system runs for tenon: "tenon setup" replaces it';
    return { ...plain, action: 'blocked', reason, check: 'daemon.version-skew' };
  }
  const reason =
    'the daemon that runs was not started so that another one can take over: it is stopped once its builds have ended, and clients are refused until it is back';
  return { ...plain, action: 'restart', reason, takesBackup };
}

function directionOf({ running, own }: UpgradeFacts): Decision['direction'] {
  if (running === undefined || running.version === own) return 'none';
  return isOlder(own, running.version) ? 'downgrade' : 'upgrade';
}

function findObstacle(
  facts: UpgradeFacts,
  isCheck: boolean,
): Pick<Decision, 'reason' | 'check'> | undefined {
  if (!isCheck && !facts.isInstalled) {
    const reason = 'this program is not the one that the service starts: "tenon setup" installs it';
    return { reason, check: 'upgrade.direction' };
  }
  const { schema, known } = facts.database;
  if (schema !== undefined && schema !== '' && schema !== `${known}`) {
    const what = `the database of the store has schema ${JSON.stringify(schema)}, and this version knows ${known}`;
    return { reason: `${what}: ${wayOut(facts)}`, check: 'store.schema' };
  }
  return undefined;
}

function wayOut({ database: { schema, known }, backup }: UpgradeFacts): string {
  if (schema === BETWEEN_DATABASES) return 'a rollback has not ended, run "tenon rollback" again';
  if (Number(schema) < known) return 'open it once with Nix 2.8 or newer, which migrates it';
  if (backup?.schema === `${known}`)
    return '"tenon rollback" brings the database from before the upgrade back';
  return 'keep the version that wrote it';
}
