import { expect, test } from '@jest/globals';
import {
  describeOnCopy,
  openrcHost,
  plainHost,
  runOnCopy,
  tenonInCopy,
} from '../support/host-copy.ts';

const dropIn = '/etc/systemd/system/tenon-daemon.service.d/proxy.conf';
const uninstall = `${tenonInCopy} uninstall --yes --purge-store`;

describeOnCopy("an administrator's drop-in for the service", () => {
  test('is kept and named by uninstall, and is no trace', async () => {
    const prepare = [...plainHost, `mkdir -p ${dropIn.slice(0, dropIn.lastIndexOf('/'))}`];
    const script = `${tenonInCopy} setup --yes --users-count 1 >/dev/null; echo '[Service]' >${dropIn}
      ${uninstall} >/tmp/out; echo "status $?"; tail -n 3 /tmp/out; ${uninstall}; echo "status $?"; cat ${dropIn}`;
    const { stdout } = await runOnCopy(prepare, script);
    const kept = `kept ${dropIn}: setup did not write it\nsearched .*\nno traces found besides what was kept\n`;
    expect(stdout).toMatch(
      new RegExp(`^status 0\n${kept}Nothing to do: .*\n${kept}status 0\n\\[Service\\]\n$`, 'u'),
    );
  });
});

describeOnCopy('a rollback that leaves what somebody put there meanwhile', () => {
  const failing = [...openrcHost, "sed -i '/ start)/a exit 9' /usr/local/sbin/rc-service"];
  const begin = `${tenonInCopy} setup --yes --users-count 1 --keep-partial >/dev/null 2>&1; echo "status $?"
    echo mine >/etc/tenon/mine`;

  test('says what that is', async () => {
    const script = `${begin}; ${tenonInCopy} setup --rollback >/tmp/out; echo "status $?"; tail -n 2 /tmp/out; cat /etc/tenon/mine`;
    const { stdout } = await runOnCopy(failing, script);
    expect(stdout).toBe(
      [
        'status 5',
        'status 0',
        'kept /etc/tenon: it is not empty',
        'Rolled back: this host is as it was before setup, besides what was kept.',
        'mine\n',
      ].join('\n'),
    );
  });

  test('says it to programs', async () => {
    const { stdout } = await runOnCopy(
      failing,
      `${begin} >&2; ${tenonInCopy} setup --rollback --json`,
    );
    expect(JSON.parse(stdout.replace('status 5\n', ''))).toMatchObject({
      result: 'rolled-back-as-asked',
      exitCode: 0,
      kept: [{ what: '/etc/tenon', reason: 'it is not empty' }],
    });
  });
});
