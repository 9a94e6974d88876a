import { expect, test } from '@jest/globals';
import { describeOnCopy, plainHost, runOnCopy, tenonInCopy } from '../support/host-copy.ts';

describeOnCopy('the doctor on a host without an init system', () => {
  test('starts a daemon that ended', async () => {
    const doctor = 'tenon doctor host.init daemon.alive --timeout 60';
    const { stdout } = await runOnCopy(
      plainHost,
      `${tenonInCopy} setup --yes --mode container --users-count 2 >/dev/null; echo "setup $?"
       kill $(pgrep -f 'src/main[.]ts daemon')
       while pgrep -f 'src/main[.]ts daemon' >/dev/null; do sleep 0.1; done
       ${doctor} >/dev/null; echo "broken $?"
       ${doctor} --fix; echo "fixed $?"
       tenon uninstall --yes --purge-store | tail -1`,
    );
    expect(stdout).toMatch(/^setup 0\nbroken 1\n/);
    expect(stdout).toMatch(
      /\nfixed host\.init {3}start it in the background\n\n2 passed\nfixed 0\n/,
    );
    expect(stdout).toContain('no traces found');
  });
});
