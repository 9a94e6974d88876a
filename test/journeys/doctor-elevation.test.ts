import { expect, test } from '@jest/globals';
import {
  createHostCopy,
  describeOnCopy,
  openrcHost,
  plainHost,
  runOnCopy,
  tenonInCopy,
} from '../support/host-copy.ts';
import { Terminal } from '../support/terminal.ts';

const asNobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
const doctor = `${asNobody} ${tenonInCopy} doctor users.missing users.locked --timeout 60`;
/** Says how it was called, and ends with a status of its own. */
const sudo = [
  `printf '#!/bin/sh\\n[ "$2" = true ] || { echo "sudo $*"; exit 42; }\\n' >/usr/local/bin/sudo`,
  'chmod 755 /usr/local/bin/sudo',
];

describeOnCopy('a doctor who is not root', () => {
  test('says what needs root, and how to go on', async () => {
    const { code, stdout } = await runOnCopy(plainHost, doctor);
    expect(code).toBe(1);
    expect(stdout).toContain('\n1 check needs root: sudo tenon doctor users.locked\n');
  });

  test('becomes root to fix something only when told to', async () => {
    const { stdout, stderr, changes } = await runOnCopy(
      [...openrcHost, ...sudo],
      `${doctor} --fix; echo "silent $?"
       ${doctor} --fix --yes --no-elevate; echo "never $?"
       NIX_STATE_DIR=/tmp/mine ${doctor} --fix --yes; echo "elsewhere $?"
       ${doctor} --fix --yes --fail-on warn; echo "told $?"
       ${doctor} --fix --dry-run | tail -1; TENON_YES=1 ${doctor} --fix --json; echo "variable $?"`,
    );
    expect(stdout).toMatch(/^silent 6\nnever 6\nelsewhere 6\nsudo -n env /);
    const again = 'doctor users.missing users.locked --timeout 60 --fix';
    expect(stdout).toContain(`${tenonInCopy} ${again} --yes --fail-on warn\ntold 42\n`);
    expect(stdout).toMatch(/\nsudo -n env TENON_YES=1 .* --fix --json\nvariable 42\n$/);
    expect(stderr).toContain('tenon doctor --fix needs root; going on with sudo');
    expect(changes).toEqual([]);
  });

  test('asks somebody who sits there', async () => {
    using copy = createHostCopy();
    const shell = ['env', 'PS1=$ ', 'sh', '-i', '+m'];
    using terminal = new Terminal(copy.commandLine([...openrcHost, ...sudo], shell));
    await terminal.shows(/^\$/m);
    terminal.type(`clear; ${doctor} --fix; echo "status $?"`);
    const question = (await terminal.shows(/Go on as root\?/)).replaceAll('\n', '');
    expect(question).toContain('users.missing: setup makes what is missing');
    terminal.type('n');
    expect(await terminal.shows(/^status \d+$/m)).toContain('Cancelled, nothing was changed');
    terminal.type(`clear; ${doctor} --fix; echo "status $?"`);
    await terminal.shows(/Go on as root\?/);
    terminal.press('Enter');
    const screen = await terminal.shows(/^status \d+$/m);
    expect(screen.replaceAll('\n', '')).toContain('going on with sudosudo env');
    expect(screen).toContain('status 42');
  });
});
