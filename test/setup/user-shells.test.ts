import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Shell } from '../../src/config/setup-settings.ts';
import { bindStep } from '../../src/setup/actions.ts';
import { formatEnvironment, userPlaces } from '../../src/setup/user-places.ts';
import { findUserShellFiles, findUserShells, userShellSteps } from '../../src/setup/user-shells.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { planInput, toolsFor } from '../support/setup-plan.ts';

const home = '/home/ann';
const places = userPlaces(home);
const never = new AbortController().signal;
const init = join(import.meta.dirname, '../../init');

function write({ write }: FixtureHost, ...names: readonly string[]): void {
  for (const name of names) write(`${home}/${name}`, `# of ${name}`);
}

async function stepsFor({ host }: FixtureHost, shells: readonly Shell[]) {
  const shellFiles = await findUserShellFiles(host, places);
  const { initFiles } = planInput();
  const { uid = 0, gid = 0 } = (await host.look('/')) ?? {};
  return userShellSteps({ places, uid, gid, shells, shellFiles, initFiles });
}

describe('findUserShells', () => {
  test.each<{ what: string; files: readonly string[]; shells: readonly Shell[] }>([
    { what: 'sh for everybody', files: [], shells: ['sh'] },
    { what: 'zsh for who has a file of it', files: ['.zshrc'], shells: ['sh', 'zsh'] },
    { what: 'fish for who has its folder', files: ['.config/fish/x'], shells: ['sh', 'fish'] },
  ])('gives $what', async ({ files, shells }) => {
    using fixture = createFixtureHost();
    write(fixture, ...files);
    expect(await findUserShells(fixture.host, places)).toEqual(shells);
  });

  test('leaves out whose file is a link to somewhere else', async () => {
    using fixture = createFixtureHost();
    write(fixture, 'dotfiles/profile', '.zshrc');
    await fixture.host.writeLink(`${home}/.profile`, 'dotfiles/profile');
    expect(await findUserShells(fixture.host, places)).toEqual(['zsh']);
  });

  test('gives what the user chose, once it is installed', async () => {
    using fixture = createFixtureHost();
    write(fixture, '.zshrc', '.tenon/program/x');
    expect(await findUserShells(fixture.host, places)).toEqual([]);
    for (const step of await stepsFor(fixture, ['zsh']))
      await bindStep(step).apply(toolsFor(fixture), never);
    expect(await findUserShells(fixture.host, places)).toEqual(['zsh']);
  });
});

describe('userShellSteps', () => {
  const linesIn = (steps: Awaited<ReturnType<typeof stepsFor>>) =>
    steps.filter(({ kind }) => kind === 'managed-block').map(({ id }) => id.split(':')[1]);

  test.each<{ what: string; files: readonly string[]; lines: readonly string[] }>([
    { what: 'the file of sh', files: ['.bashrc'], lines: ['.profile'] },
    { what: 'that of bash as well', files: ['.bash_login'], lines: ['.profile', '.bash_login'] },
    {
      what: 'the one of two that bash reads',
      files: ['.bash_login', '.bash_profile'],
      lines: ['.profile', '.bash_profile'],
    },
  ])('adds to $what', async ({ files, lines }) => {
    using fixture = createFixtureHost();
    write(fixture, ...files);
    const found = linesIn(await stepsFor(fixture, ['sh']));
    expect(found).toEqual(lines.map(name => `${home}/${name}`));
  });

  test('leaves every file alone for who declines', async () => {
    using fixture = createFixtureHost();
    expect(await stepsFor(fixture, [])).toEqual([]);
  });

  test.each([
    { what: 'a file', text: 'PATH=/x\n' },
    { what: 'a file without a newline at its end', text: 'PATH=/x' },
    { what: 'no file', text: undefined },
  ])('are undone to $what, byte for byte', async ({ text }) => {
    using fixture = createFixtureHost();
    mkdirSync(join(fixture.root, home), { recursive: true });
    if (text !== undefined) fixture.write(`${home}/.profile`, text);
    const tools = toolsFor(fixture);
    const steps = (await stepsFor(fixture, ['sh'])).filter(({ kind }) => kind === 'managed-block');
    for (const action of steps.map(bindStep)) {
      const look = await action.inspect(tools, false);
      const undo = look.state === 'todo' ? look.undo : undefined;
      await action.apply(tools, never);
      expect(await fixture.host.readText(`${home}/.profile`)).toContain('.tenon/profile');
      await action.revert(tools, { undo, extent: 'uninstall', isForced: false });
    }
    expect(await fixture.host.readText(`${home}/.profile`)).toBe(text);
  });
});

test('profile.d/tenon-user.sh leads to the store, once however often it is read', () => {
  using fixture = createFixtureHost();
  const HOME = join(fixture.root, 'ann');
  const own = userPlaces(HOME);
  mkdirSync(own.dir, { recursive: true });
  writeFileSync(own.environmentFile, formatEnvironment(own.environment));
  cpSync(join(init, 'profile.d/tenon-user.sh'), own.profile);
  const script = `. ${own.profile}; . ${own.profile}; echo "$PATH|$XDG_DATA_DIRS|$NIX_REMOTE"; set; export`;
  const output = execFileSync('sh', ['-euc', script], {
    env: { HOME, PATH: '/bin' },
    encoding: 'utf8',
  });
  const state = own.environment.NIX_STATE_DIR;
  expect(output.split('\n')[0]).toBe(
    [
      `${HOME}/.nix-profile/bin:${state}/profiles/default/bin:${HOME}/.local/bin:/bin`,
      `/usr/local/share:/usr/share:${state}/profiles/default/share:${HOME}/.nix-profile/share`,
      'daemon',
    ].join('|'),
  );
  expect(output).toMatch(/^export NIX_STORE_DIR=/m);
  expect(output).not.toContain('tenon_');
});
