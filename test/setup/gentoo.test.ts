import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { createHost } from '../../src/host/host.ts';
import type { Extent, Step } from '../../src/setup/action.ts';
import { bindStep } from '../../src/setup/actions.ts';
import { listPackagePaths, readGentooFacts } from '../../src/setup/gentoo-facts.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { keepForPortage } from '../../src/setup/removal.ts';
import { createFixtureHost } from '../support/fixture-host.ts';
import { changesBetween, takeSnapshot } from '../support/machine-snapshot.ts';
import { checkout } from '../support/portage.ts';
import { planInput, toolsFor } from '../support/setup-plan.ts';

// Each plan composes a repository, which takes a second.
jest.setTimeout(120_000);

const never = new AbortController().signal;

/** As much of Portage as setup talks to, on a host that has its programs first in PATH. */
function createGentoo({ distDir = '/var/cache/distfiles', knows = '' } = {}) {
  const fixture = createFixtureHost();
  const { root, write } = fixture;
  const installed = `${root}/var/db/pkg/sys-apps/tenon-1`;
  write('/usr/bin/emerge', emergeScript(installed, `${root}/emerge.log`), 0o755);
  write('/usr/bin/portageq', portageqScript(distDir, knows), 0o755);
  write('/etc/portage/make.conf', 'USE=""\n');
  const host = createHost(root, { path: `${root}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin` });
  const log = () => readFileSync(`${root}/emerge.log`, 'utf8');
  return { ...fixture, host, log };
}

const emergeScript = (installed: string, log: string) => `#!/bin/sh
echo "$*" >>${log}
case $* in
  *--unmerge*) rm -r ${installed}; rmdir -p --ignore-fail-on-non-empty \${0%/*/*/*}/var/db/pkg/sys-apps ;;
  *) mkdir -p ${installed} ;;
esac
`;

const portageqScript = (distDir: string, knows: string) => `#!/bin/sh
case $1 in
  distdir) echo ${distDir} ;;
  get_repo_path) echo ${knows} ;;
esac
`;

type Gentoo = ReturnType<typeof createGentoo>;

async function planOn({ host }: Gentoo): Promise<readonly Step[]> {
  const gentoo = await readGentooFacts(host, checkout);
  return planSteps(planInput({ init: 'openrc', isLive: true, program: checkout, gentoo }));
}

const idsOf = (steps: readonly Step[]) => steps.map(({ id }) => id);

describe('the plan on a Gentoo host', () => {
  test('tells Portage of the package, has it installed, and only starts the service', async () => {
    using gentoo = createGentoo();
    expect(idsOf(await planOn(gentoo))).toEqual([
      'directory:/var/db',
      'directory:/var/db/repos',
      'gentoo-repository',
      'directory:/etc/portage',
      'directory:/etc/portage/repos.conf',
      'file:/etc/portage/repos.conf/tenon.conf',
      'directory:/etc/portage/package.accept_keywords',
      'file:/etc/portage/package.accept_keywords/tenon',
      'gentoo-package',
      'directory:/etc/nix',
      'file:/etc/nix/nix.conf',
      'directory:/etc/tenon',
      'other-service:nix-daemon',
      'log:/var/log/tenon-daemon.log',
      'service-enable',
      'service-start',
    ]);
  });

  test('adds lines where the user has files in place of folders', async () => {
    using gentoo = createGentoo();
    gentoo.write('/etc/portage/repos.conf', '[gentoo]\nlocation = /g\n');
    gentoo.write('/etc/portage/package.accept_keywords', 'a/b **\n');
    const ids = idsOf(await planOn(gentoo));
    expect(ids).toContain('block:/etc/portage/repos.conf');
    expect(ids).toContain('block:/etc/portage/package.accept_keywords');
    expect(ids.join()).not.toContain('/tenon.conf');
  });

  test.each([
    { what: 'knows the repository', knows: '/my/overlay', isInstalled: false },
    { what: 'has installed the package', knows: '', isInstalled: true },
  ])('leaves the repository alone when Portage $what', async ({ knows, isInstalled }) => {
    using gentoo = createGentoo({ knows });
    if (isInstalled) gentoo.write('/var/db/pkg/sys-apps/tenon-1/PF', 'tenon-1\n');
    expect(idsOf(await planOn(gentoo)).join()).not.toMatch(/gentoo-repository|portage/);
  });

  test('is that of any other host where there is no emerge', async () => {
    using fixture = createFixtureHost();
    expect(await readGentooFacts(fixture.host, checkout)).toBeUndefined();
  });
});

test('keepForPortage keeps the package and what tells Portage of it, and nothing else', async () => {
  using gentoo = createGentoo();
  gentoo.write('/etc/portage/repos.conf', '[gentoo]\nlocation = /g\n');
  const gone = (await planOn(gentoo)).filter(step => keepForPortage(step) === undefined);
  expect(idsOf(gone)).toEqual([
    'directory:/etc/nix',
    'file:/etc/nix/nix.conf',
    'directory:/etc/tenon',
    'other-service:nix-daemon',
    'log:/var/log/tenon-daemon.log',
    'service-enable',
    'service-start',
  ]);
});

describe('what Portage installed', () => {
  const contents = [
    'dir /etc/init.d',
    'obj /etc/init.d/tenon-daemon 0123 1',
    'sym /usr/bin/tenon -> ../lib64/tenon/src/tenon 1',
    '',
  ].join('\n');

  test('is read from its own record', async () => {
    using gentoo = createGentoo();
    expect(await listPackagePaths(gentoo.host)).toEqual([]);
    gentoo.write('/var/db/pkg/sys-apps/tenon-1-r2/CONTENTS', contents);
    gentoo.write('/var/db/pkg/sys-apps/tenon-fan-1/CONTENTS', 'obj /etc/fan 0 1\n');
    expect(await listPackagePaths(gentoo.host)).toEqual([
      '/etc/init.d',
      '/etc/init.d/tenon-daemon',
      '/usr/bin/tenon',
    ]);
  });
});

/** As of Portage 3.0.82. */
const FAILED_PHASE = `
>>> Failed to emerge sys-apps/tenon-0.1.0, Log file:

 * Messages for package sys-apps/tenon-0.1.0:

 * Unable to find kernel sources at /usr/src/linux
 \x1b[31;01m*\x1b[0m ERROR: sys-apps/tenon-0.1.0::tenon failed (unpack phase):
 *   unpack: failure unpacking 'tenon-0.1.0.tar.xz'
 *
 * Call stack:
 *            ebuild.sh, line  143:  Called src_unpack
 * The complete build log is located at '/var/tmp/portage/sys-apps/tenon-0.1.0/temp/build.log'.
 * S: '/var/tmp/portage/sys-apps/tenon-0.1.0/work/tenon-0.1.0'`;
const PHASE_REASON = ` * ERROR: sys-apps/tenon-0.1.0::tenon failed (unpack phase):
 *   unpack: failure unpacking 'tenon-0.1.0.tar.xz'
 * The complete build log is located at '/var/tmp/portage/sys-apps/tenon-0.1.0/temp/build.log'.`;
const MASKED = `
!!! All ebuilds that could satisfy "sys-apps/tenon" have been masked.
- sys-apps/tenon-0.1.0::tenon (masked by: ~amd64 keyword)`;

describe('setup on a Gentoo host', () => {
  const packageOf = (steps: readonly Step[]) => {
    const step = steps.find(({ id }) => id === 'gentoo-package');
    if (step === undefined) throw new Error('no package in the plan');
    return { action: bindStep(step) };
  };
  const snapshot = ({ root }: Gentoo) => takeSnapshot(root, ['/etc', '/usr', '/var']);
  const withoutService = (steps: readonly Step[]) =>
    steps
      .filter(({ group }) => group !== 'Service')
      .map(step => ({ step, action: bindStep(step) }));

  test('puts the distfile where Portage looks, and the repository under its name', async () => {
    using gentoo = createGentoo({ distDir: '/var/distfiles' });
    for (const { action } of withoutService(await planOn(gentoo)))
      await action.apply(toolsFor(gentoo), never);
    const at = (path: string) => join(gentoo.root, path);
    const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    expect(existsSync(at(`var/distfiles/tenon-${version}.tar.xz`))).toBe(true);
    expect(readFileSync(at('var/db/repos/tenon/profiles/repo_name'), 'utf8')).toBe('tenon\n');
    expect(readFileSync(at('etc/portage/repos.conf/tenon.conf'), 'utf8')).toContain(
      'location = /var/db/repos/tenon\n',
    );
    expect(gentoo.log()).toContain(`--root=${gentoo.root} --config-root=${gentoo.root}`);
    expect(gentoo.log()).toMatch(/--noreplace sys-apps\/tenon\n$/);
  });

  test.each([
    { what: 'the error of a phase and where its log is', says: FAILED_PHASE, reason: PHASE_REASON },
    { what: 'its last words', says: MASKED, reason: MASKED.trim() },
  ])('shows $what when emerge fails', async ({ says, reason }) => {
    using gentoo = createGentoo();
    gentoo.write('/usr/bin/emerge', `#!/bin/sh\ncat <<'EOF'\n${says}\nEOF\nexit 1\n`, 0o755);
    const { action } = packageOf(await planOn(gentoo));
    await expect(action.apply(toolsFor(gentoo), never)).rejects.toMatchObject({
      code: 'setup/emerge-failed',
      message: `Cannot install sys-apps/tenon: emerge says\n${reason}`,
    });
  });

  test('names what emerge installed before it failed', async () => {
    using gentoo = createGentoo();
    gentoo.write('/var/db/pkg/acct-group/nixbld-0/SLOT', '0\n');
    const { action } = packageOf(await planOn(gentoo));
    const how = { undo: {}, extent: 'rollback', isForced: false } as const;
    expect(await action.revert(toolsFor(gentoo), how)).toMatchObject({
      what: 'what Portage installed with sys-apps/tenon',
    });
  });

  test('has nothing to do the second time, and leaves nothing when taken back', async () => {
    using gentoo = createGentoo();
    const tools = toolsFor(gentoo);
    const before = snapshot(gentoo);
    const done: { action: ReturnType<typeof bindStep>; undo: unknown }[] = [];
    for (const { action } of withoutService(await planOn(gentoo))) {
      const inspection = await action.inspect(tools, false);
      const undo = inspection.state === 'todo' ? inspection.undo : {};
      if (inspection.state !== 'done') done.push({ action, undo });
      await action.apply(tools, never);
      expect(await action.inspect(tools, false)).toEqual({ state: 'done' });
    }
    const again = withoutService(await planOn(gentoo));
    for (const { action } of again)
      expect(await action.inspect(tools, false)).toEqual({ state: 'done' });
    for (const extent of ['rollback', 'uninstall'] satisfies Extent[])
      for (const { action, undo } of done.toReversed())
        await action.revert(tools, { undo, extent, isForced: false });
    const left = changesBetween(before, snapshot(gentoo), [
      /^\/var\/cache$|^\/var\/cache\/distfiles$/,
    ]);
    expect(left).toEqual([]);
  });
});
