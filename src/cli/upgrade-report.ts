import { formatBytes } from '../doctor/disk.ts';
import type { Instance } from '../setup/running-daemon.ts';
import type { Backup } from '../store/backup.ts';
import type { UpgradeResult } from './upgrade.ts';
import type { UpgradeFacts } from './upgrade-facts.ts';

const WIDTH = 11;
const row = (name: string, text: string) => `${name.padEnd(WIDTH)} ${text}`;

export function linesOf({ facts, decision, outcome }: UpgradeResult): readonly string[] {
  return [
    row('This', `tenon ${facts.own}${facts.isInstalled ? '' : ', not installed here'}`),
    row('Running', runningText(facts)),
    ...facts.instances.map(instance => row('', instanceText(instance))),
    row('Database', databaseText(facts)),
    row('Backup', facts.backup === undefined ? noBackup(facts) : backupText(facts.backup)),
    '',
    verdict({ facts, decision, outcome }),
  ];
}

/** What `upgrade --json` prints. */
export function upgradeJson({ facts, decision, outcome }: UpgradeResult, exitCode: number) {
  const { own, isInstalled, running, instances, database, backup } = facts;
  return {
    schemaVersion: 1,
    version: own,
    isInstalled,
    running: running === undefined ? null : running.version,
    daemons: instances.map(instance => ({ ...instance, clients: instance.clients ?? null })),
    database: { ...database, schema: database.schema ?? null },
    backup: backup === undefined ? null : { ...backup },
    ...decision,
    check: decision.check ?? null,
    result: outcome,
    exitCode,
  };
}

export function backupText({ version, madeAt, schema }: Backup): string {
  const [, year, month, day, hour, minute] = /^(....)(..)(..)T(..)(..)/u.exec(madeAt) ?? [];
  return `of ${year}-${month}-${day} ${hour}:${minute} UTC, before tenon ${version} was replaced (schema ${schema})`;
}

function noBackup({ isRoot }: UpgradeFacts): string {
  return isRoot ? 'none' : 'only root can see';
}

function runningText({ running, instances, keeper, isRoot }: UpgradeFacts): string {
  if (running === undefined) return 'no daemon answers';
  const how = keeper === undefined && isRoot ? '; it cannot be replaced while it serves' : '';
  return `tenon ${running.version}${instances.length > 1 ? ', and older ones that end with their clients' : ''}${how}`;
}

function instanceText({ pid, isServing, builds, clients }: Instance): string {
  const people = clients === undefined ? 'clients unknown (needs root)' : count(clients, 'client');
  return `pid ${pid}: ${people}, ${count(builds, 'build')}${isServing ? '' : ', replaced before'}`;
}

function databaseText({ database: { schema, known, sizeBytes, freeBytes } }: UpgradeFacts): string {
  if (schema === undefined) return 'there is no store yet';
  const fit = schema === `${known}` ? 'as this version has it' : `this version knows ${known}`;
  return `schema ${schema}, ${fit}; ${formatBytes(sizeBytes)}, ${formatBytes(freeBytes)} free`;
}

function verdict({ decision, outcome }: UpgradeResult): string {
  const { action, direction, reason, check } = decision;
  const more = check === undefined ? '' : ` (tenon doctor ${check})`;
  if (outcome === 'declined') return 'Nothing was changed.';
  if (outcome === 'done') return `Done: the daemon that serves is the installed one.`;
  if (action === 'blocked') return `In the way: ${reason}${more}.`;
  if (action === 'nothing') return `Nothing to do: ${reason}.`;
  const what = direction === 'downgrade' ? 'Downgrade' : 'Upgrade';
  return `${what}: ${reason}.`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
