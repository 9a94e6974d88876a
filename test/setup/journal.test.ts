import { describe, expect, test } from '@jest/globals';
import type { Step } from '../../src/setup/action.ts';
import { Journal, readHistory } from '../../src/setup/journal.ts';
import { places } from '../../src/setup/places.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

const FILE = places.journal;

function step(id: string): Step {
  return { id, kind: 'directory', group: 'Files', reason: 'ünïcode 😀', spec: { path: `/${id}` } };
}

describe('the journal', () => {
  test('knows after a reading what it knew when it was written', async () => {
    using fixture = createFixtureHost();
    await using journal = await Journal.take(fixture.host, FILE);
    await journal.begin('1', [step('a'), step('b')], ['a', 'b']);
    await journal.write({ record: 'apply', id: 'a', undo: { before: null } });
    await journal.write({ record: 'applied', id: 'a' });
    await journal.write({ record: 'apply', id: 'b', undo: {} });
    expect(await readHistory(fixture.host, FILE)).toEqual(journal.history);
    expect(journal.history.open?.entries).toEqual([
      { step: step('a'), undo: { before: null }, isApplied: true },
      { step: step('b'), undo: {}, isApplied: false },
    ]);
  });

  test('keeps the first undo of an action that was begun twice', async () => {
    using fixture = createFixtureHost();
    await using journal = await Journal.take(fixture.host, FILE);
    await journal.begin('1', [step('a')], ['a']);
    await journal.write({ record: 'apply', id: 'a', undo: { before: 'first' } });
    await journal.write({ record: 'apply', id: 'a', undo: { before: 'second' } });
    expect(journal.history.open?.entries[0]?.undo).toEqual({ before: 'first' });
  });

  test('leads back to the time before the first of two plans', async () => {
    using fixture = createFixtureHost();
    await using journal = await Journal.take(fixture.host, FILE);
    const again = { ...step('a'), spec: { path: '/newer' } };
    await journal.begin('1', [step('a')], ['a']);
    await journal.write({ record: 'apply', id: 'a', undo: { before: 'nothing' } });
    await journal.write({ record: 'commit' });
    await journal.begin('2', [again], ['a']);
    await journal.write({ record: 'apply', id: 'a', undo: { before: 'the first' } });
    await journal.write({ record: 'commit' });
    expect(journal.history.installed).toEqual([
      { step: again, undo: { before: 'nothing' }, isApplied: false },
    ]);
  });

  test('forgets what has passed once the plan is done', async () => {
    using fixture = createFixtureHost();
    await using journal = await Journal.take(fixture.host, FILE);
    await journal.begin('1', [{ ...step('a'), isPassing: true }], ['a']);
    await journal.write({ record: 'apply', id: 'a', undo: {} });
    expect(journal.history.open?.entries).toHaveLength(1);
    await journal.write({ record: 'commit' });
    expect(journal.history.installed).toEqual([]);
  });

  test('does not count a line that was not finished, and goes on behind it', async () => {
    using fixture = createFixtureHost();
    {
      await using journal = await Journal.take(fixture.host, FILE);
      await journal.begin('1', [step('a')], ['a']);
    }
    await fixture.host.append(FILE, '{"record":"apply","id":"a","un');
    await using journal = await Journal.take(fixture.host, FILE);
    await journal.write({ record: 'apply', id: 'a', undo: 1 });
    expect((await readHistory(fixture.host, FILE)).open?.entries).toHaveLength(1);
  });

  test.each([
    { flaw: 'a damaged line', line: '{"record":\n' },
    { flaw: 'a record that nobody knows', line: '{"record":"dance"}\n' },
    { flaw: 'a later version', line: '{"record":"begin","schemaVersion":2}\n' },
  ])('refuses $flaw', async ({ line }) => {
    using fixture = createFixtureHost();
    fixture.write(FILE, line);
    await expect(readHistory(fixture.host, FILE)).rejects.toMatchObject({
      code: 'setup/bad-journal',
    });
  });

  test('is held by one setup at a time', async () => {
    using fixture = createFixtureHost();
    await using first = await Journal.take(fixture.host, FILE);
    await first.begin('1', [], []);
    await expect(Journal.take(fixture.host, FILE)).rejects.toMatchObject({ code: 'setup/busy' });
  });

  test('goes away when nothing is left to undo', async () => {
    using fixture = createFixtureHost();
    {
      await using journal = await Journal.take(fixture.host, FILE);
      await journal.begin('1', [step('a')], ['a']);
      await journal.write({ record: 'rollback' });
    }
    expect(await fixture.host.look('/var/lib/tenon')).toBeUndefined();
  });
});
