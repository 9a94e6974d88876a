import { describe, expect, test } from '@jest/globals';
import { decideUpgrade } from '../../src/cli/upgrade-decision.ts';
import type { UpgradeFacts } from '../../src/cli/upgrade-facts.ts';
import { BETWEEN_DATABASES } from '../../src/store/schema.ts';

const GIB = 2 ** 30;
const database = { schema: '10', known: 10, sizeBytes: GIB, freeBytes: 4 * GIB };

/** An older daemon runs, below a parent that can replace it. */
function facts(changes: Partial<UpgradeFacts> = {}): UpgradeFacts {
  return {
    init: 'openrc',
    own: '2.0.0',
    isInstalled: true,
    isRoot: true,
    running: { version: '1.0.0' },
    isServiceActive: true,
    keeper: { pid: 7, serving: 8 },
    instances: [],
    database,
    backup: undefined,
    ...changes,
  };
}

const wish = { isForced: false, isCheck: false };
const decide = (changes: Partial<UpgradeFacts> = {}, changed = {}) =>
  decideUpgrade(facts(changes), { ...wish, ...changed });

describe('an upgrade', () => {
  test('replaces an older daemon while it serves, after a backup', () => {
    expect(decide()).toMatchObject({ action: 'replace', direction: 'upgrade', takesBackup: true });
  });

  test('says so when it is a downgrade', () => {
    const running = { version: '2.0.1' };
    expect(decide({ running })).toMatchObject({ action: 'replace', direction: 'downgrade' });
  });

  test('has nothing to do when the daemon is of this version, unless it is forced to', () => {
    const running = { version: '2.0.0' };
    expect(decide({ running }).action).toBe('nothing');
    const forced = decide({ running }, { isForced: true });
    expect(forced).toMatchObject({ action: 'replace', direction: 'none', takesBackup: false });
  });

  test('has nothing to do where no daemon runs', () => {
    const { action, reason } = decide({ running: undefined, keeper: undefined });
    expect(action).toBe('nothing');
    expect(reason).toContain('is the installed one');
  });

  test('speaks of no installed daemon where none is', () => {
    const facts = { running: undefined, keeper: undefined, isInstalled: false };
    const { action, reason } = decide(facts, { isCheck: true });
    expect(action).toBe('nothing');
    expect(reason).toContain('"tenon setup" installs');
  });

  test('restarts a daemon that nobody could replace, and says what that means', () => {
    const { action, reason } = decide({ keeper: undefined });
    expect(action).toBe('restart');
    expect(reason).toContain('clients are refused');
  });

  test('takes no backup of a database that is not there', () => {
    expect(decide({ database: { ...database, schema: undefined } }).takesBackup).toBe(false);
  });

  test('does not claim what an ordinary user cannot see', () => {
    expect(decide({ keeper: undefined, isRoot: false }, { isCheck: true }).action).toBe('unknown');
  });

  test.each([
    {
      what: 'a database that a later version wrote',
      changes: { database: { ...database, schema: '11' } },
      check: 'store.schema',
      advice: 'keep the version that wrote it',
    },
    {
      what: 'a rollback that has not ended',
      changes: { database: { ...database, schema: BETWEEN_DATABASES } },
      check: 'store.schema',
      advice: 'run "tenon rollback" again',
    },
    {
      what: 'a database too large to be backed up',
      changes: { database: { ...database, freeBytes: GIB } },
      check: 'fs.free-space',
      advice: 'no room',
    },
    {
      what: 'a program that the service does not start',
      changes: { isInstalled: false },
      check: 'upgrade.direction',
      advice: 'tenon setup',
    },
    {
      what: 'a daemon of somebody else',
      changes: { keeper: undefined, isServiceActive: false },
      check: 'daemon.version-skew',
      advice: 'tenon setup',
    },
  ])('is kept from happening by $what', ({ changes, check, advice }) => {
    const decision = decide(changes);
    expect(decision).toMatchObject({ action: 'blocked', check });
    expect(decision.reason).toContain(advice);
  });

  test('names the way back to a database that this version knows', () => {
    const backup = { directory: '', dbFile: '', schema: '10', madeAt: '', version: '1.0.0' };
    const { reason } = decide({ database: { ...database, schema: '11' }, backup });
    expect(reason).toContain('tenon rollback');
  });
});
