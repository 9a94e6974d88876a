import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectGolden } from '../support/golden.ts';
import {
  createHostCopy,
  describeOnCopy,
  type HostCopy,
  openrcHost,
  tenonInCopy,
} from '../support/host-copy.ts';
import { Terminal } from '../support/terminal.ts';
import { ENDED, masked, REVIEW, screens, start } from './wizard-screens.ts';

/** A shell on a copy of this host, in a terminal. */
function describeInTerminal(
  name: string,
  body: (session: () => Session) => void,
  prepare: readonly string[] = openrcHost,
): void {
  describeOnCopy(name, () => {
    let session: Session | undefined;
    beforeAll(async () => {
      const copy = createHostCopy();
      const shell = ['env', 'PS1=$ ', 'sh', '-i', '+m'];
      session = { copy, terminal: new Terminal(copy.commandLine(prepare, shell)) };
      await session.terminal.shows(/^\$/m);
    });
    afterAll(() => {
      session?.terminal[Symbol.dispose]();
      session?.copy[Symbol.dispose]();
    });
    body(() => {
      if (session === undefined) throw new Error('There is no terminal');
      return session;
    });
  });
}

interface Session {
  readonly copy: HostCopy;
  readonly terminal: Terminal;
}

describeInTerminal('the wizard that is left', session => {
  const ways = screens.flatMap(({ name }) => ['C-c', 'Escape'].map(key => ({ name, key })));

  test.each(ways)('by $key at the screen $name says that nothing was changed', async way => {
    const { terminal } = session();
    start(terminal, `${tenonInCopy} setup`);
    for (const { name, shows } of screens) {
      await terminal.shows(shows);
      if (name === way.name) break;
      terminal.press('Enter');
    }
    terminal.press(way.key);
    expect(await terminal.shows(ENDED)).toMatch(/Nothing was changed\.\nstatus 7\n/);
    expect(terminal.isCursorShown()).toBe(true);
  });

  test('by "n" does the same', async () => {
    const { terminal } = session();
    start(terminal, `${tenonInCopy} setup`);
    for (const { name, shows } of screens) {
      await terminal.shows(shows);
      terminal.press(...(name === 'review' ? ['n', 'Enter'] : ['Enter']));
    }
    expect(await terminal.shows(ENDED)).toMatch(/Nothing was changed\.\nstatus 7\n/);
  });

  test.each([
    { how: 'with --no-color', command: `${tenonInCopy} setup --no-color`, absent: '\u001b[' },
    { how: 'with NO_COLOR', command: `NO_COLOR=1 ${tenonInCopy} setup`, absent: '\u001b[' },
    { how: 'in the locale C', command: `LC_ALL=C ${tenonInCopy} setup`, absent: '❯' },
  ])('has shown nothing $how that it should not', async ({ command, absent }) => {
    const { terminal } = session();
    start(terminal, command);
    await terminal.shows(/Mode:\s*\n. multi-user/);
    expect(terminal.styledScreen()).not.toContain(absent);
    terminal.press('Escape');
    await terminal.shows(ENDED);
  });

  test('has told what is wrong with an answer, and taken another', async () => {
    const { terminal } = session();
    start(terminal, `${tenonInCopy} setup`);
    await terminal.shows(screens[0].shows);
    terminal.press('Enter');
    await terminal.shows(screens[1].shows);
    terminal.press('Down', 'Enter');
    await terminal.shows(/The group's id, .*: \(30000\)/);
    terminal.press('x', 'Enter');
    await terminal.shows(/Give a number from 1 to/);
    terminal.press('BSpace', ...'31000', 'Enter');
    await terminal.shows(screens[2].shows);
    terminal.press('Space', 'Enter');
    await terminal.shows(screens[3].shows);
    terminal.press('Down', 'Space', 'Enter');
    await terminal.shows(/Each as https:\/\/HOST#NAME:KEY:/);
    terminal.type('https://cache.example.org');
    await terminal.shows(/Give caches like/);
    terminal.type(`#cache-1:${'A'.repeat(43)}=`);
    const screen = await terminal.shows(REVIEW);
    expect(screen.replaceAll(/\s+\\?\s*/g, ' ')).toContain(
      `setup --yes --mode multi --users-base 31000 --shells fish --caches 'https://cache.example.org#cache-1:AAA`,
    );
    terminal.press('n', 'Enter');
    await terminal.shows(ENDED);
  });

  test('leaves no traces', async () => {
    const { terminal, copy } = session();
    terminal.type('exit');
    expect(await terminal.ended()).toBe(0);
    expect(copy.changes()).toEqual([]);
  });
});

describeInTerminal('the wizard that is stopped', session => {
  test.each([
    { signal: 'INT', status: 130 },
    { signal: 'TERM', status: 143 },
  ])('by SIG$signal gives the terminal back', async ({ signal, status }) => {
    const { terminal } = session();
    const kill = `until stty -a </dev/tty | grep -q -- -icanon; do sleep 0.05; done; kill -${signal} $(cat /run/wizard)`;
    start(terminal, `(${kill}) & sh -c 'echo $$ >/run/wizard; exec ${tenonInCopy} setup'`);
    expect(await terminal.shows(ENDED)).toContain(`Stopped by SIG${signal}`);
    expect(terminal.screen()).toMatch(new RegExp(`^status ${status}$`, 'm'));
    expect(terminal.isCursorShown()).toBe(true);
  });
});

describeInTerminal('a terminal that knows only lines', session => {
  test('is asked line by line, in ASCII and without colours', async () => {
    const { terminal } = session();
    start(terminal, `TERM=dumb ${tenonInCopy} setup --users-count 2`);
    await terminal.shows(/^\? Mode:\n[\s\S]*\n\[multi\] >$/m);
    terminal.type('container');
    await terminal.shows(/"container" is no answer\n\[multi\] >$/m);
    for (const preset of ['multi', 'take', 'sh fish', 'none']) {
      await terminal.shows(new RegExp(`\\[${preset}\\] >$`));
      terminal.press('Enter');
    }
    expectGolden('wizard/lines.txt', masked(await terminal.shows(/\[y\] >$/)));
    terminal.type('n');
    expect(await terminal.shows(ENDED)).toMatch(/Nothing was changed\.\nstatus 7\n/);
  });
});

const sudo = [
  'printf \'#!/bin/sh\\necho "sudo $*"; exit 42\\n\' >/usr/local/bin/sudo',
  'chmod 755 /usr/local/bin/sudo',
];

describeInTerminal(
  'the wizard of an ordinary user',
  session => {
    test('asks for the mode, and goes on as root when it has to, with the answer', async () => {
      const { terminal } = session();
      start(terminal, `setpriv --reuid 65534 --regid 65534 --clear-groups ${tenonInCopy} setup`);
      expect(await terminal.shows(screens[0].shows)).toContain(
        '\n  this user only, without root\n',
      );
      terminal.press('Enter');
      const screen = (await terminal.shows(ENDED)).replaceAll('\n', '');
      expect(screen).toMatch(/tenon setup needs root; going on with sudosudo env TERM=/);
      expect(screen).toContain(`${tenonInCopy} setup --mode multistatus 42`);
    });
  },
  [...openrcHost, ...sudo],
);

describeInTerminal(
  'the wizard on a host with a store of another',
  session => {
    test('asks what becomes of it, and can stop there', async () => {
      const { terminal, copy } = session();
      start(terminal, `${tenonInCopy} setup`);
      await terminal.shows(screens[0].shows);
      terminal.press('Enter');
      const screen = await terminal.shows(/Here already: .*\n❯/);
      expectGolden('wizard/existing.txt', masked(screen));
      terminal.press('Down', 'Down', 'Enter');
      expect(await terminal.shows(ENDED)).toMatch(/Nothing was changed\.\nstatus 7\n/);
      terminal.type('exit');
      expect(await terminal.ended()).toBe(0);
      expect(copy.changes()).toEqual([]);
    });
  },
  [...openrcHost, 'mkdir -p /nix/store/other'],
);
