import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { installHook, readHook, uninstallHook } from '../../src/env/apply-hook.ts';
import type { HookCall } from '../../src/env/hook.ts';
import { testAsRoot } from '../support/as-root.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

const HOOK = new URL('../../init/portage/env-hook.bash', import.meta.url);
const BASHRC = '/etc/portage/bashrc';
const FILE = '/usr/lib/tenon/env-hook.bash';
const call: HookCall = { mode: 'clean', file: FILE, stores: [] };

function createGentoo(): FixtureHost {
  const fixture = createFixtureHost();
  fixture.write(FILE, readFileSync(HOOK, 'utf8'));
  mkdirSync(join(fixture.root, 'etc/portage'));
  return fixture;
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return await work.catch((error: unknown) => error);
}

describe('the lines in bashrc', () => {
  testAsRoot('come, stay as they are, change their mode, and go without a trace', async () => {
    using fixture = createGentoo();
    const { host } = fixture;
    expect(await readHook(host)).toEqual({ state: 'absent' });
    expect(await installHook(host, call)).toBe(true);
    expect(await installHook(host, call)).toBe(false);
    expect(await readHook(host)).toEqual({ state: 'installed', mode: 'clean', file: FILE });
    expect(await installHook(host, { ...call, mode: 'die' })).toBe(true);
    expect(await readHook(host)).toMatchObject({ mode: 'die' });
    expect(await uninstallHook(host)).toBe(true);
    expect(await uninstallHook(host)).toBe(false);
    expect(await host.look(BASHRC)).toBeUndefined();
  });

  testAsRoot('stand behind what the user has there, which comes back to the byte', async () => {
    using fixture = createGentoo();
    const text = 'case $EBUILD_PHASE in\n\tsetup) : ;;\nesac';
    fixture.write(BASHRC, text, 0o600);
    await installHook(fixture.host, call);
    expect(await fixture.host.readText(BASHRC)).toContain(`${text}\n# begin`);
    expect(await fixture.host.look(BASHRC)).toMatchObject({ mode: 0o600 });
    await uninstallHook(fixture.host);
    expect(await fixture.host.readText(BASHRC)).toBe(text);
  });

  test.each([
    { case: 'is a symbolic link', prepare: link },
    { case: 'is a folder', prepare: ({ root }: FixtureHost) => mkdirSync(join(root, BASHRC)) },
    {
      case: 'is not understood by bash',
      prepare: (fixture: FixtureHost) => fixture.write(BASHRC, 'if true; then\n'),
    },
    {
      case: 'has half a block',
      prepare: (fixture: FixtureHost) =>
        fixture.write(BASHRC, '# end: managed by tenon env hook\n'),
    },
  ])('are printed, and nothing is written, when bashrc $case', async ({ prepare }) => {
    using fixture = createGentoo();
    prepare(fixture);
    expect(await outcome(installHook(fixture.host, call))).toMatchObject({
      code: 'env/left-alone',
      hint: expect.stringContaining(`source '${FILE}' clean`),
    });
    expect(await fixture.host.list('/etc/portage')).toEqual(
      expect.not.arrayContaining(['bashrc.tenon-new']),
    );
    expect(await readHook(fixture.host)).not.toMatchObject({ state: 'installed' });
  });

  testAsRoot('are printed where there is no /etc/portage', async () => {
    using fixture = createFixtureHost();
    fixture.write(FILE, '');
    expect(await outcome(installHook(fixture.host, call))).toMatchObject({
      code: 'env/left-alone',
    });
  });

  test.each([
    { case: 'is missing', prepare: ({ host }: FixtureHost) => host.remove(FILE) },
    {
      case: 'may be written by its group',
      prepare: ({ root }: FixtureHost) => chmodSync(join(root, FILE), 0o664),
    },
    {
      case: 'lies in a folder of somebody else',
      prepare: ({ root }: FixtureHost) => chownSync(join(root, 'usr/lib/tenon'), 4242, 4242),
    },
    {
      case: 'lies in a folder that everybody may write',
      prepare: ({ root }: FixtureHost) => chmodSync(join(root, 'usr/lib'), 0o777),
    },
  ])('do not come when the hook $case', async ({ prepare }) => {
    using fixture = createGentoo();
    await prepare(fixture);
    expect(await outcome(installHook(fixture.host, call))).toMatchObject({
      code: 'env/unsafe-hook',
    });
    expect(await fixture.host.look(BASHRC)).toBeUndefined();
  });

  testAsRoot('are called broken when somebody changed them, or their file has gone', async () => {
    using fixture = createGentoo();
    const { host } = fixture;
    await installHook(host, call);
    const text = (await host.readText(BASHRC)) ?? '';
    fixture.write(BASHRC, text.replace('clean', 'maybe'));
    expect(await readHook(host)).toMatchObject({ state: 'broken' });
    fixture.write(BASHRC, text);
    await host.remove(FILE);
    expect(await readHook(host)).toEqual({ state: 'broken', why: `there is no ${FILE}` });
  });
});

function link(fixture: FixtureHost): void {
  fixture.write('/etc/portage/real', '');
  symlinkSync('real', join(fixture.root, BASHRC));
}
