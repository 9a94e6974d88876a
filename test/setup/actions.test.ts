import { describe, expect, test } from '@jest/globals';
import type { Action, Extent, Step } from '../../src/setup/action.ts';
import { directory } from '../../src/setup/actions/directory.ts';
import { group } from '../../src/setup/actions/group.ts';
import { link } from '../../src/setup/actions/link.ts';
import { logFile } from '../../src/setup/actions/log-file.ts';
import { managedBlock } from '../../src/setup/actions/managed-block.ts';
import { membership } from '../../src/setup/actions/membership.ts';
import { otherService } from '../../src/setup/actions/other-service.ts';
import { program } from '../../src/setup/actions/program.ts';
import { user } from '../../src/setup/actions/user.ts';
import { writeFile } from '../../src/setup/actions/write-file.ts';
import { bindStep } from '../../src/setup/actions.ts';
import { addStockService, withOpenrc } from '../support/fake-openrc.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { changesBetween, takeSnapshot } from '../support/machine-snapshot.ts';
import { planInput, toolsFor } from '../support/setup-plan.ts';

const never = new AbortController().signal;
const about = { group: 'Files', reason: 'a test' } as const;
const nixbld = { name: 'nixbld', gid: 30_000 };
const builder = {
  name: 'nixbld1',
  uid: 30_001,
  gid: 30_000,
  comment: 'Nix build user',
  home: '/var/empty',
  shell: '/sbin/nologin',
};
const nixConf = { file: '/etc/nix.conf', lines: ['build-users-group = nixbld'] };

const CASES: readonly { readonly step: Step; readonly before?: readonly Step[] }[] = [
  {
    step: writeFile.step({ id: 'new', ...about, spec: { file: '/etc/x', text: 'x', mode: 0o640 } }),
  },
  {
    step: writeFile.step({
      id: 'changed',
      ...about,
      spec: { file: '/etc/issue', text: 'new\n', mode: 0o600 },
    }),
  },
  { step: managedBlock.step({ id: 'block', ...about, spec: nixConf }) },
  { step: directory.step({ id: 'folder', ...about, spec: { path: '/opt' } }) },
  {
    step: directory.step({
      id: 'owned folder',
      ...about,
      spec: { path: '/srv', access: { mode: 0o1775, uid: 0, gid: 30_000 } },
    }),
  },
  { step: link.step({ id: 'link', ...about, spec: { path: '/usr/tenon', target: 'lib/tenon' } }) },
  { step: logFile.step({ id: 'log', ...about, spec: { file: '/var/log/tenon.log' } }) },
  { step: group.step({ id: 'group', ...about, spec: nixbld }) },
  {
    step: user.step({ id: 'user', ...about, spec: { user: builder, group: 'nixbld' } }),
    before: [group.step({ id: 'group', ...about, spec: nixbld })],
  },
  {
    step: membership.step({ id: 'member', ...about, spec: { user: 'nobody', group: 'nixbld' } }),
    before: [group.step({ id: 'group', ...about, spec: nixbld })],
  },
  {
    step: program.step({
      id: 'program',
      ...about,
      spec: { from: planInput().program, to: '/usr/tenon' },
    }),
  },
];

function createHostFor({ before = [] }: { readonly before?: readonly Step[] }) {
  const fixture = createFixtureHost();
  fixture.write('/etc/nix.conf', 'max-jobs = 2');
  fixture.write('/etc/issue', 'old\n');
  fixture.write('/srv/data', 'of somebody');
  const apply = async () => {
    for (const step of before) await bindStep(step).apply(toolsFor(fixture), never);
  };
  return { fixture, prepared: apply() };
}

async function undoOf(action: Action, fixture: FixtureHost): Promise<unknown> {
  const inspection = await action.inspect(toolsFor(fixture), false);
  return inspection.state === 'todo' ? inspection.undo : undefined;
}

/** Backups that shadow's tools leave are the business of another action. */
function snapshot({ root }: FixtureHost) {
  const backups = ['passwd-', 'group-', 'shadow-', 'gshadow-', '.pwd.lock'];
  const all = takeSnapshot(root, ['/etc', '/usr', '/srv', '/opt', '/var']);
  return new Map([...all].filter(([path]) => !backups.some(name => path === `/etc/${name}`)));
}

describe.each(CASES.map(each => ({ name: each.step.id, ...each })))('action $name', each => {
  const action = bindStep(each.step);

  test('is done after it was applied, and can be applied again', async () => {
    const { fixture, prepared } = createHostFor(each);
    using _ = fixture;
    await prepared;
    expect((await action.inspect(toolsFor(fixture), false)).state).toBe('todo');
    await action.apply(toolsFor(fixture), never);
    expect(await action.inspect(toolsFor(fixture), false)).toEqual({ state: 'done' });
    const applied = snapshot(fixture);
    await action.apply(toolsFor(fixture), never);
    await action.commit(toolsFor(fixture));
    expect(changesBetween(applied, snapshot(fixture))).toEqual([]);
  });

  test.each(['rollback', 'uninstall'] satisfies Extent[])(
    'leaves nothing after %s, which can be repeated',
    async extent => {
      const { fixture, prepared } = createHostFor(each);
      using _ = fixture;
      await prepared;
      const before = snapshot(fixture);
      const undo = await undoOf(action, fixture);
      await action.apply(toolsFor(fixture), never);
      expect(
        await action.revert(toolsFor(fixture), { undo, extent, isForced: false }),
      ).toBeUndefined();
      expect(changesBetween(before, snapshot(fixture))).toEqual([]);
      expect(
        await action.revert(toolsFor(fixture), { undo, extent, isForced: false }),
      ).toBeUndefined();
      expect(changesBetween(before, snapshot(fixture))).toEqual([]);
    },
  );

  test('can be reverted when it never ran', async () => {
    const { fixture, prepared } = createHostFor(each);
    using _ = fixture;
    await prepared;
    const before = snapshot(fixture);
    const undo = await undoOf(action, fixture);
    expect(
      await action.revert(toolsFor(fixture), { undo, extent: 'rollback', isForced: false }),
    ).toBeUndefined();
    expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });
});

const EDITS = [
  {
    what: 'an edited file',
    step: writeFile.step({ id: 'f', ...about, spec: { file: '/etc/x', text: 'x', mode: 0o644 } }),
    edit: ({ write }: FixtureHost) => write('/etc/x', 'mine'),
    kept: '/etc/x',
  },
  {
    what: 'a folder with something in it',
    step: directory.step({ id: 'd', ...about, spec: { path: '/opt' } }),
    edit: ({ write }: FixtureHost) => write('/opt/mine', ''),
    kept: '/opt',
  },
  {
    what: 'a link that leads elsewhere',
    step: link.step({ id: 'l', ...about, spec: { path: '/usr/tenon', target: 'a' } }),
    edit: ({ host }: FixtureHost) => host.writeLink('/usr/tenon', 'b'),
    kept: '/usr/tenon',
  },
  {
    what: 'a group with members',
    step: group.step({ id: 'g', ...about, spec: nixbld }),
    edit: ({ host }: FixtureHost) => host.setGroups('nobody', ['nixbld']),
    kept: 'group nixbld',
  },
];

describe('what somebody changed after setup stays', () => {
  test.each(EDITS)('$what', async ({ step, edit, kept }) => {
    using fixture = createFixtureHost();
    const tools = toolsFor(fixture);
    const action = bindStep(step);
    const undo = await undoOf(action, fixture);
    await action.apply(tools, never);
    await edit(fixture);
    const edited = snapshot(fixture);
    expect(
      await action.revert(tools, { undo, extent: 'uninstall', isForced: false }),
    ).toMatchObject({ what: kept });
    expect(changesBetween(edited, snapshot(fixture))).toEqual([]);
  });

  test.each(EDITS)('$what goes when that is forced', async ({ step, edit, kept }) => {
    using fixture = createFixtureHost();
    const tools = toolsFor(fixture);
    const action = bindStep(step);
    const before = snapshot(fixture);
    const undo = await undoOf(action, fixture);
    await action.apply(tools, never);
    await edit(fixture);
    const answer = await action.revert(tools, { undo, extent: 'uninstall', isForced: true });
    const isOfOthers = ['/opt', 'group nixbld'].includes(kept);
    expect(answer).toEqual(isOfOthers ? expect.objectContaining({ what: kept }) : undefined);
    if (!isOfOthers) expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });

  test('a store, which belongs to root alone once its group is gone', async () => {
    using fixture = createFixtureHost();
    const tools = toolsFor(fixture);
    const access = { mode: 0o1775, uid: 0, gid: nixbld.gid };
    const spec = { path: '/srv', access, holdsStore: true };
    const action = bindStep(directory.step({ id: 'store', ...about, spec }));
    await fixture.host.removeTree('/srv');
    const undo = await undoOf(action, fixture);
    await action.apply(tools, never);
    fixture.write('/srv/path', '');
    await action.revert(tools, { undo, extent: 'uninstall', isForced: false });
    expect(await fixture.host.look('/srv')).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
  });

  test.each(['max-jobs = 2\n', 'max-jobs = 2'])(
    'lines around a managed block behind %j',
    async before => {
      using fixture = createFixtureHost();
      const tools = toolsFor(fixture);
      const action = bindStep(managedBlock.step({ id: 'b', ...about, spec: nixConf }));
      fixture.write('/etc/nix.conf', before);
      const undo = await undoOf(action, fixture);
      await action.apply(tools, never);
      fixture.write(
        '/etc/nix.conf',
        `cores = 1\n${await fixture.host.readText('/etc/nix.conf')}x = y\n`,
      );
      await action.revert(tools, { undo, extent: 'uninstall', isForced: false });
      expect(await fixture.host.readText('/etc/nix.conf')).toBe('cores = 1\nmax-jobs = 2\nx = y\n');
    },
  );
});

describe('what stands in place of a unit', () => {
  test.each([
    { what: 'a mask', target: '/dev/null' },
    { what: 'a link to a unit that is gone', target: '/nix/var/nix/profiles/default/gone' },
  ])('$what comes back', async ({ target }) => {
    using fixture = createFixtureHost();
    const tools = toolsFor(fixture);
    const file = '/etc/systemd/system/tenon-daemon.service';
    fixture.write('/etc/systemd/system/x', '');
    await fixture.host.writeLink(file, target);
    const before = snapshot(fixture);
    const spec = { file, text: '[Unit]\n', mode: 0o644, readBy: 'none' } as const;
    const action = bindStep(writeFile.step({ id: 'u', ...about, spec }));
    const undo = await undoOf(action, fixture);
    await action.apply(tools, never);
    expect(await action.inspect(tools, false)).toEqual({ state: 'done' });
    for (const _ of ['once', 'twice']) {
      await action.revert(tools, { undo, extent: 'rollback', isForced: false });
      expect(changesBetween(before, snapshot(fixture))).toEqual([]);
    }
    await fixture.host.remove(file);
    await action.revert(tools, { undo, extent: 'rollback', isForced: false });
    expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });
});

describe("a stock daemon's service", () => {
  const spec = { init: 'openrc', service: 'nix-daemon' } as const;
  const action = bindStep(otherService.step({ id: 'o', ...about, spec }));
  const withRun = ({ root }: FixtureHost) => takeSnapshot(root, ['/etc', '/run']);

  test('is stopped and disabled, and comes back as it was', async () => {
    using fixture = createFixtureHost();
    const { tools } = withOpenrc(fixture);
    await addStockService(fixture);
    const before = withRun(fixture);
    const inspection = await action.inspect(tools, false);
    if (inspection.state !== 'todo') throw new Error(inspection.state);
    await action.apply(tools, never);
    expect(await action.inspect(tools, false)).toEqual({ state: 'done' });
    const revert = { undo: inspection.undo, isForced: false };
    await action.revert(tools, { ...revert, extent: 'uninstall' });
    expect(changesBetween(before, withRun(fixture))).toEqual([]);
  });

  test('is not started when its store goes', async () => {
    using fixture = createFixtureHost();
    const { tools } = withOpenrc(fixture);
    await addStockService(fixture);
    const inspection = await action.inspect(tools, false);
    if (inspection.state !== 'todo') throw new Error(inspection.state);
    await action.apply(tools, never);
    const revert = { undo: inspection.undo, isForced: false };
    const kept = await action.revert(tools, { ...revert, extent: 'purge' });
    expect(kept).toMatchObject({ what: 'nix-daemon' });
    expect(await fixture.host.list('/run/started')).toEqual([]);
  });

  test('is nothing to care about where there is none', async () => {
    using fixture = createFixtureHost();
    const { tools } = withOpenrc(fixture);
    expect(await action.inspect(tools, false)).toEqual({ state: 'done' });
  });
});

describe('what is in the way', () => {
  test.each([
    {
      what: 'a folder where a file should be',
      step: writeFile.step({ id: 'f', ...about, spec: { file: '/etc', text: '', mode: 0o644 } }),
    },
    {
      what: 'a file where a folder should be',
      step: directory.step({ id: 'd', ...about, spec: { path: '/etc/passwd' } }),
    },
    {
      what: 'a link of somebody else',
      step: link.step({ id: 'l', ...about, spec: { path: '/etc/passwd', target: 'x' } }),
    },
    {
      what: 'another program',
      step: program.step({ id: 'p', ...about, spec: { from: '/nowhere', to: '/etc' } }),
    },
  ])('$what is a conflict', async ({ step }) => {
    using fixture = createFixtureHost();
    expect(await bindStep(step).inspect(toolsFor(fixture), false)).toMatchObject({
      state: 'conflict',
    });
  });
});

test('an action of a later version is refused by name', () => {
  const step = { id: 'x', kind: 'teleport', ...about, spec: {} };
  expect(() => bindStep(step)).toThrow(expect.objectContaining({ code: 'setup/unknown-action' }));
});
