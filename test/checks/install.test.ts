import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createTools } from '../../src/cli/tools.ts';
import { storeLayout } from '../../src/config/layout.ts';
import type { Step, StepGroup } from '../../src/setup/action.ts';
import { directory } from '../../src/setup/actions/directory.ts';
import { managedBlock } from '../../src/setup/actions/managed-block.ts';
import { writeFile } from '../../src/setup/actions/write-file.ts';
import { bindStep } from '../../src/setup/actions.ts';
import { Journal } from '../../src/setup/journal.ts';
import { places } from '../../src/setup/places.ts';
import { checkContext } from '../support/check-context.ts';
import { createHealthyHost, type HealthyHost } from '../support/healthy-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

const NIX_BLOCK = `
# Nix
if [ -e '/nix/var/nix/profiles/default/etc/profile.d/nix-daemon.sh' ]; then
  . '/nix/var/nix/profiles/default/etc/profile.d/nix-daemon.sh'
fi
# End Nix
`;

describe('install.journal', () => {
  const begin = `${JSON.stringify({
    record: 'begin',
    schemaVersion: 1,
    tool: '1.0.0',
    steps: [],
    todo: ['a', 'b'],
  })}\n`;

  test('finds a setup that did not end, and finishes it', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.append(places.journal, begin);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['install.journal error']);
    expect(find(results, 'install.journal')?.evidence).toEqual([
      { source: places.journal, value: '0 of 2 steps are done' },
    ]);
    const started = await applyFixes(checkContext(fixture), find(results, 'install.journal'));
    expect(started).toEqual([['setup', '--yes', '--resume']]);
  });

  test('takes a setup for well that runs at this moment', async () => {
    using fixture = await createHealthyHost();
    await using journal = await Journal.take(fixture.host, places.journal);
    await journal.begin('1.0.0', [], ['a']);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test.each([
    { damage: 'is damaged', text: '{"record": "beg\n' },
    { damage: 'no record of this version', text: begin.replace('1', '99') },
  ])('finds a journal with a line that $damage', async ({ damage, text }) => {
    using fixture = await createHealthyHost();
    await fixture.host.append(places.journal, text);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['install.journal error']);
    expect(find(results, 'install.journal')?.evidence[0]?.value).toContain(damage);
  });

  test('finds that the journal is lost', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove(places.journal);
    expect(problems(await judge(checkContext(fixture)))).toEqual(['install.journal warn']);
  });
});

describe('install.complete', () => {
  const note = async ({ host }: HealthyHost, steps: readonly Step[]) => {
    await using journal = await Journal.take(host, places.journal);
    await journal.begin(
      '1.0.0',
      steps,
      steps.map(({ id }) => id),
    );
    for (const { id } of steps) await journal.write({ record: 'apply', id, undo: NONE_BEFORE });
    await journal.write({ record: 'commit' });
  };
  const about = (id: string, group: StepGroup = 'Files') => ({ id, group, reason: 'a test' });
  const access = { mode: 0o1775, uid: 0, gid: 0 };
  const folder = directory.step({ ...about('folder'), spec: { path: '/nix/store', access } });
  const file = writeFile.step({
    ...about('file'),
    spec: { file: '/etc/own', text: 'own\n', mode: 0o644 },
  });
  const block = managedBlock.step({
    ...about('block'),
    spec: { file: '/etc/nix/nix.conf', lines: ['build-users-group = nixbld'] },
  });
  const ofShells = writeFile.step({
    ...about('profile', 'Shells'),
    spec: { file: '/etc/profile.d/own.sh', text: '', mode: 0o644 },
  });
  const ofZsh = managedBlock.step({
    ...about('zsh', 'Shells'),
    spec: { file: '/etc/zsh/zprofile', lines: ['. /etc/profile.d/own.sh'] },
  });
  const put = async ({ host, write }: HealthyHost) => {
    write('/etc/own', 'own\n');
    write('/etc/profile.d/own.sh', '');
    write('/etc/nix/nix.conf', 'cores = 1\n');
    const tools = { ...createTools(storeLayout({}), host.root), host };
    await bindStep(block).apply(tools, new AbortController().signal);
  };

  test.each<{
    what: string;
    status: string;
    value: string;
    harm: (fixture: HealthyHost) => unknown;
  }>([
    {
      what: 'a file is gone',
      status: 'error',
      value: 'is missing',
      harm: ({ host }) => host.remove('/etc/own'),
    },
    {
      what: 'a file may be run by nobody',
      status: 'error',
      value: 'has another owner or mode',
      harm: ({ host }) => host.setMode('/etc/own', 0o600),
    },
    {
      what: 'a folder has another mode',
      status: 'error',
      value: 'has another owner or mode',
      harm: ({ host }) => host.setMode('/nix/store', 0o755),
    },
    {
      what: 'its lines are gone from a file of others',
      status: 'error',
      value: 'lacks the lines of setup',
      harm: ({ write }) => write('/etc/nix/nix.conf', 'cores = 1\n'),
    },
    {
      what: 'only shells lack something',
      status: 'warn',
      value: 'is missing',
      harm: ({ host }) => host.remove('/etc/profile.d/own.sh'),
    },
  ])('finds that $what, which setup mends', async ({ status, value, harm }) => {
    using fixture = await createHealthyHost();
    await put(fixture);
    await note(fixture, [folder, file, block, ofShells, ofZsh]);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    await harm(fixture);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual([`install.complete ${status}`]);
    expect(find(results, 'install.complete')?.evidence[0]?.value).toBe(value);
    const started = await applyFixes(checkContext(fixture), find(results, 'install.complete'));
    expect(started).toEqual([['setup', '--yes']]);
  });

  test('does not mind what somebody edited, or said in words of their own', async () => {
    using fixture = await createHealthyHost();
    await put(fixture);
    await note(fixture, [file, block]);
    fixture.write('/etc/own', 'mine\n');
    fixture.write('/etc/nix/nix.conf', 'build-users-group = nixbld\n');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});

const NONE_BEFORE = { before: null };

describe('leftovers.profile-backup', () => {
  test('finds a copy that has nothing of its own, and removes it', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/etc/bash.bashrc', `alias a=b\n${NIX_BLOCK}`);
    fixture.write('/etc/bash.bashrc.backup-before-nix', 'alias a=b\n');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['leftovers.profile-backup hint']);
    await applyFixes(checkContext(fixture), find(results, 'leftovers.profile-backup'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    expect(await fixture.host.readText('/etc/bash.bashrc')).toBe(`alias a=b\n${NIX_BLOCK}`);
  });

  test('leaves a copy alone that differs', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/etc/zshrc', `alias a=c\n${NIX_BLOCK}`);
    fixture.write('/etc/zshrc.backup-before-nix', 'alias a=b\n');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['leftovers.profile-backup hint']);
    const found = find(results, 'leftovers.profile-backup');
    expect(found?.fixes).toMatchObject([
      {
        class: 'C',
        commands: [['diff', '/etc/zshrc.backup-before-nix', '/etc/zshrc'], expect.anything()],
      },
    ]);
  });
});

describe('leftovers.units', () => {
  const units = '/etc/systemd/system';

  test.each([
    {
      what: 'a link of a target to a unit that is gone',
      leave: ({ link }: HealthyHost) =>
        link(`${units}/sockets.target.wants/nix-daemon.socket`, `${units}/nix-daemon.socket`),
    },
    {
      what: 'a unit that is a link to nothing',
      leave: ({ link }: HealthyHost) =>
        link(`${units}/nix-daemon.service`, '/nix/var/nix/profiles/default/nix-daemon.service'),
    },
    {
      what: 'a mask of a unit that is gone',
      leave: ({ link }: HealthyHost) => link(`${units}/nix-daemon.service`, '/dev/null'),
    },
    {
      what: 'a runlevel with a script that is gone',
      leave: ({ link }: HealthyHost) =>
        link('/etc/runlevels/boot/nix-daemon', '/etc/init.d/nix-daemon'),
    },
  ])('finds $what, and removes it', async ({ leave }) => {
    using fixture = await createHealthyHost();
    leave(fixture);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['leftovers.units warn']);
    await applyFixes(checkContext(fixture), find(results, 'leftovers.units'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('finds settings for a unit that is gone, and leaves them to the administrator', async () => {
    using fixture = await createHealthyHost();
    fixture.write(`${units}/nix-daemon.service.d/proxy.conf`, '[Service]\n');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['leftovers.units warn']);
    expect(find(results, 'leftovers.units')?.fixes).toMatchObject([
      { class: 'C', commands: [['rm', '-r', `${units}/nix-daemon.service.d`]] },
    ]);
  });

  test('does not mind a mask or settings for a unit that is there', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/lib/systemd/system/nix-daemon.service', '[Service]\n');
    fixture.link(`${units}/nix-daemon.service`, '/dev/null');
    fixture.write(`${units}/nix-daemon.service.d/proxy.conf`, '[Service]\n');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});

describe('store.schema', () => {
  test.each([
    { schema: '11\n', cause: 'a newer program' },
    { schema: '7', cause: 'a very old program' },
  ])('finds a database of layout $schema', async ({ schema, cause }) => {
    using fixture = await createHealthyHost();
    fixture.write('/nix/var/nix/db/schema', schema);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['store.schema error']);
    expect(find(results, 'store.schema')?.cause).toContain(cause);
  });
});

describe('store.ownership', () => {
  test.each(['nix/store', 'nix/var/nix', 'nix/var/nix/db', 'nix/store/abc-hello'])(
    "finds that %s is not root's, and gives it to root",
    async path => {
      using fixture = await createHealthyHost();
      fixture.write('/nix/store/abc-hello', '');
      fixture.fake('rc-service', 'exit 0');
      chownSync(join(fixture.root, path), 1000, 1000);
      const results = await judge(checkContext(fixture));
      expect(problems(results)).toEqual(['store.ownership error']);
      expect(find(results, 'store.ownership')?.evidence).toEqual([
        { source: `/${path}`, value: 'owner 1000' },
      ]);
      await applyFixes(checkContext(fixture), find(results, 'store.ownership'));
      expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    },
  );

  test('leaves to users what is theirs, and follows no link', async () => {
    using fixture = await createHealthyHost();
    const owned = ['nix', 'nix/store', 'home/ann/file', 'nix/var/nix/profiles/per-user/ann'];
    fixture.write('/home/ann/file', '');
    fixture.write('/nix/var/nix/profiles/per-user/ann/profile', '');
    fixture.link('/nix/store/abc-link', '../../home/ann/file');
    for (const path of owned) chownSync(join(fixture.root, path), 1000, 1000);
    fixture.fake('rc-service', `echo "$*" >>${fixture.root}/asked`);
    const results = await judge(checkContext(fixture));
    expect(find(results, 'store.ownership')?.fixes).toMatchObject([{ reversible: false }]);
    await applyFixes(checkContext(fixture), find(results, 'store.ownership'));
    const owners = await Promise.all(owned.map(path => fixture.host.look(`/${path}`)));
    expect(owners.map(facts => facts?.uid)).toEqual([0, 0, 1000, 1000]);
    const asked = (await fixture.host.readText('/asked')) ?? '';
    expect(asked.match(/(?:stop|start)$/gmu)).toEqual(['stop', 'start']);
  });

  test("leaves a user's own store alone", async () => {
    using fixture = await createHealthyHost();
    chownSync(join(fixture.root, 'nix/store'), 1000, 1000);
    const results = await judge(checkContext(fixture, { uid: 1000 }));
    expect(find(results, 'store.ownership')).toMatchObject({ status: 'skip' });
  });
});

describe('upgrade.direction', () => {
  test.each([
    { installed: '1.0.1', isOlder: true },
    { installed: '1.10.0', isOlder: true },
    { installed: '1.0.0', isOlder: false },
    { installed: '1.0.0-rc.1', isOlder: false },
    { installed: '0.9.12', isOlder: false },
  ])('compares 1.0.0 with $installed, which is installed', async ({ installed, isOlder }) => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/local/lib/tenon/package.json', `{ "version": "${installed}" }`);
    const expected = isOlder ? ['upgrade.direction warn'] : [];
    expect(problems(await judge(checkContext(fixture)))).toEqual(expected);
  });

  test.each([
    { own: '1.0.0-rc.2', isOlder: true },
    { own: '1.0.0-rc.11', isOlder: true },
    { own: '1.0.0+build', isOlder: false },
  ])('compares $own with 1.0.0, which is installed', async ({ own, isOlder }) => {
    using fixture = await createHealthyHost();
    const greeting = { version: own, trusted: true, listenerPid: 4711 };
    const context = checkContext(fixture, {
      readVersion: async () => own,
      greetDaemon: async () => greeting,
    });
    expect(problems(await judge(context))).toEqual(isOlder ? ['upgrade.direction warn'] : []);
  });
});

describe('mac.selinux', () => {
  test.each([
    { enforce: '1', status: 'error' },
    { enforce: '0', status: 'warn' },
  ])('finds a store without a label when enforce is $enforce', async ({ enforce, status }) => {
    using fixture = await createHealthyHost();
    fixture.write('/sys/fs/selinux/enforce', enforce);
    fixture.fake('stat', 'echo system_u:object_r:default_t:s0');
    expect(problems(await judge(checkContext(fixture)))).toEqual([`mac.selinux ${status}`]);
    fixture.fake('stat', 'echo system_u:object_r:usr_t:s0');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test.each(['exit 1', 'echo "?"'])('says so when the label cannot be told: %s', async answer => {
    using fixture = await createHealthyHost();
    fixture.write('/sys/fs/selinux/enforce', '1');
    fixture.fake('stat', answer);
    const results = await judge(checkContext(fixture));
    expect(find(results, 'mac.selinux')).toMatchObject({ status: 'skip' });
  });
});

describe('host.tools', () => {
  test('finds that a tool is missing', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/usr/sbin/usermod');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['host.tools warn']);
    expect(find(results, 'host.tools')?.evidence).toEqual([
      { source: 'usermod', value: 'in none of the system folders' },
    ]);
  });

  test('finds that a tool is that of busybox', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/usr/bin/getent');
    fixture.link('/bin/getent', '/bin/busybox');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['host.tools warn']);
    expect(find(results, 'host.tools')?.evidence).toEqual([
      { source: '/bin/getent', value: 'is that of busybox' },
    ]);
  });
});

describe('host.kvm', () => {
  test('finds a device that is for a group only, and its feature announced', async () => {
    using fixture = await createHealthyHost();
    const { settings } = checkContext(fixture);
    const withKvm = { settings: { ...settings, systemFeatures: ['kvm'] } };
    fixture.write('/dev/kvm', '', 0o660);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    expect(problems(await judge(checkContext(fixture, withKvm)))).toEqual(['host.kvm warn']);
    fixture.write('/dev/kvm', '', 0o666);
    expect(problems(await judge(checkContext(fixture, withKvm)))).toEqual([]);
  });

  test('takes the build group for well', async () => {
    using fixture = await createHealthyHost();
    const { settings } = checkContext(fixture);
    fixture.write('/dev/kvm', '', 0o660);
    chownSync(join(fixture.root, 'dev/kvm'), 0, 30_000);
    const context = checkContext(fixture, { settings: { ...settings, systemFeatures: ['kvm'] } });
    expect(problems(await judge(context))).toEqual([]);
  });
});
