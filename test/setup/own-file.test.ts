import { describe, expect, test } from '@jest/globals';
import { fixFiles } from '../../src/config/layout.ts';
import { Journal, readHistory } from '../../src/setup/journal.ts';
import { writeOwnFile } from '../../src/setup/own-file.ts';
import { places } from '../../src/setup/places.ts';
import { uninstall } from '../../src/setup/run.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { changesBetween, takeSnapshot } from '../support/machine-snapshot.ts';
import { plainRemoval, toolsFor } from '../support/setup-plan.ts';

const file = fixFiles.serviceEnvironment;
const { signal } = new AbortController();

function write(fixture: FixtureHost, text: string): Promise<void> {
  const means = { tools: toolsFor(fixture), journal: places.journal, tool: '1.0.0', signal };
  return writeOwnFile({ file, text, mode: 0o600, reason: 'a test' }, means);
}

async function takeAway(fixture: FixtureHost): Promise<void> {
  await using journal = await Journal.take(fixture.host, places.journal);
  const events = uninstall(journal, toolsFor(fixture), plainRemoval);
  while (!(await events.next()).done);
}

describe('writeOwnFile', () => {
  test('writes what uninstall takes away again, with the folder that it made', async () => {
    using fixture = createFixtureHost();
    const before = takeSnapshot(fixture.root, ['/etc', '/var']);
    await write(fixture, 'a=1\n');
    await write(fixture, 'a=2\n');
    expect(await fixture.host.readText(file)).toBe('a=2\n');
    expect((await fixture.host.look(file))?.mode).toBe(0o600);
    await takeAway(fixture);
    expect(changesBetween(before, takeSnapshot(fixture.root, ['/etc', '/var']))).toEqual([]);
  });

  test('gives uninstall what stood there before', async () => {
    using fixture = createFixtureHost();
    fixture.write(file, 'mine\n');
    await write(fixture, 'a=1\n');
    await takeAway(fixture);
    expect(await fixture.host.readText(file)).toBe('mine\n');
  });

  test('writes nothing down when the file is as it shall be', async () => {
    using fixture = createFixtureHost();
    fixture.write(file, 'a=1\n', 0o600);
    await write(fixture, 'a=1\n');
    expect((await readHistory(fixture.host, places.journal)).installed).toEqual([]);
  });

  test('does not get in the way of a setup that did not end', async () => {
    using fixture = createFixtureHost();
    {
      await using journal = await Journal.take(fixture.host, places.journal);
      await journal.begin('1.0.0', [], []);
    }
    await expect(write(fixture, 'a=1\n')).rejects.toMatchObject({ code: 'setup/unfinished' });
    expect(await fixture.host.look(file)).toBeUndefined();
  });

  test('says what is in the way, and takes back what it did', async () => {
    using fixture = createFixtureHost();
    fixture.write('/etc/tenon', 'a file');
    await expect(write(fixture, 'a=1\n')).rejects.toMatchObject({
      message: expect.stringContaining('/etc/tenon is a file'),
    });
    expect((await readHistory(fixture.host, places.journal)).open).toBeUndefined();
  });
});
