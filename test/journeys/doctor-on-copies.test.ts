import { expect, test } from '@jest/globals';
import { describeOnCopy, plainHost, runOnCopy, tenonInCopy } from '../support/host-copy.ts';

describeOnCopy('the doctor on a copy of this host', () => {
  test('tries as a build user whether /dev/kvm may be used', async () => {
    const doctor = 'doctor host.kvm --json --timeout 60';
    const { stdout } = await runOnCopy(
      plainHost,
      `mkdir /run/upper /run/work
       mount -t overlay -o lowerdir=/dev,upperdir=/run/upper,workdir=/run/work own /dev
       groupadd -r nixbld; useradd -r -M -N -g nixbld -G nixbld nixbld1
       rm -f /dev/kvm; touch /dev/kvm
       chown nixbld1 /dev/kvm; chmod 600 /dev/kvm; ${tenonInCopy} ${doctor}
       printf '\\0'
       chown root:root /dev/kvm; chmod 660 /dev/kvm; ${tenonInCopy} ${doctor}`,
    );
    const [owned, closed] = stdout.split('\0').map(text => JSON.parse(text).checks[0]);
    expect(owned).toMatchObject({ id: 'host.kvm', status: 'pass' });
    expect(closed).toMatchObject({
      status: 'warn',
      evidence: [
        { source: '/dev/kvm', value: 'group root, mode 0660' },
        { source: '/dev/kvm as nixbld1', value: 'closed' },
      ],
    });
  });

  test('starts a daemon that ended where no init system would', async () => {
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
