import { describe, expect, test } from '@jest/globals';
import { fixFiles, storeLayout } from '../../src/config/layout.ts';
import { recordByInspection } from '../../src/setup/inspection.ts';
import { Journal } from '../../src/setup/journal.ts';
import { places } from '../../src/setup/places.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { uninstall } from '../../src/setup/run.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { changesBetween, takeSnapshot } from '../support/machine-snapshot.ts';
import { nixConf, plainRemoval, planInput, setUp, toolsFor } from '../support/setup-plan.ts';

const where = { layout: storeLayout({}), init: 'none', tool: '0.0.0' } as const;

function snapshot({ root }: FixtureHost) {
  return takeSnapshot(root, ['/etc', '/usr', '/var', '/run']);
}

async function uninstallByInspection(fixture: FixtureHost) {
  const tools = toolsFor(fixture);
  await using journal = await Journal.take(fixture.host, places.journal);
  const recordRest = () => recordByInspection(journal, tools, where);
  const events = uninstall(journal, tools, { ...plainRemoval, recordRest });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

/** What only the journal knows: who made folders of the system, and what the account files' backups were. */
const ONLY_RECORDED = [/^\/etc\/[a-z]*-$/, /^\/etc\/\.pwd\.lock$/, /^\/usr\/local/, /\.d$/];

describe('uninstall by inspection', () => {
  test('takes away all that setup made, without its journal', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    await setUp(toolsFor(fixture), planSteps(planInput()));
    await fixture.host.removeTree('/var/lib/tenon');
    expect(await uninstallByInspection(fixture)).toEqual([]);
    expect(changesBetween(before, snapshot(fixture), ONLY_RECORDED)).toEqual([]);
    expect(await fixture.host.look('/usr/local/lib/tenon')).toBeUndefined();
    expect(await fixture.host.look('/nix/store')).toBeDefined();
  });

  test('takes away what fixes of the doctor wrote', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    for (const file of Object.values(fixFiles)) fixture.write(file, '');
    expect(await uninstallByInspection(fixture)).toEqual([]);
    expect(changesBetween(before, snapshot(fixture), [/\.d$/, /^\/etc\/systemd/])).toEqual([]);
  });

  test('goes beyond the journal that is there, and undoes that as well', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    await setUp(toolsFor(fixture), planSteps(planInput()));
    fixture.write('/etc/init.d/tenon-daemon', 'of an earlier one');
    expect(await uninstallByInspection(fixture)).toEqual([]);
    expect(await fixture.host.look('/etc/init.d/tenon-daemon')).toBeUndefined();
    expect(changesBetween(before, snapshot(fixture), [/^\/etc\/init\.d$/])).toEqual([]);
  });

  test('takes a group away after users that only a later journal names', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    await setUp(toolsFor(fixture), planSteps(planInput()));
    await fixture.host.removeTree('/var/lib/tenon');
    await fixture.host.removeUser('nixbld2');
    const accounts = await fixture.host.readAccounts({ users: [], groups: [] });
    await setUp(toolsFor(fixture), planSteps(planInput({ accounts })));
    expect(await uninstallByInspection(fixture)).toEqual([]);
    expect(changesBetween(before, snapshot(fixture), ONLY_RECORDED)).toEqual([]);
  });

  test('leaves what others have: accounts, nix.conf, and files around a block', async () => {
    using fixture = createFixtureHost();
    await fixture.host.createGroup('nixbld', 30_000);
    const about = { gid: 30_000, home: '/var/empty', shell: '/sbin/nologin' };
    const theirs = { name: 'nixbld1', uid: 30_001, comment: 'Nix build user 1', ...about };
    await fixture.host.createUser(theirs, 'nixbld');
    fixture.write('/etc/nix/nix.conf', 'build-users-group =\n');
    const before = snapshot(fixture);
    const accounts = await fixture.host.readAccounts({ users: [], groups: [] });
    await setUp(toolsFor(fixture), planSteps(planInput({ accounts, nixConf: nixConf('') })));
    await fixture.host.removeTree('/var/lib/tenon');
    await uninstallByInspection(fixture);
    expect(changesBetween(before, snapshot(fixture), ONLY_RECORDED)).toEqual([]);
  });

  test('finds nothing on a host that setup never saw', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    await uninstallByInspection(fixture);
    expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });
});
