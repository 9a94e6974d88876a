import { expect, test } from '@jest/globals';
import { bootMachine, checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';

const doctor = [`${checkoutInMachine}/src/tenon`, 'doctor', 'sandbox.unit', '--json'];
const unit = '/etc/systemd/system/tenon-daemon.service';

describeOnMachine('a host with a hardened unit', () => {
  test('sandbox.unit: the doctor names the directive, and is content without it', async () => {
    await using machine = await bootMachine({ init: 'systemd' });
    const sh = (script: string) => machine.output(['sh', '-euc', script]);
    await sh(`printf '[Service]\\nExecStart=/bin/true\\n' > ${unit}
      mkdir ${unit}.d
      printf '[Service]\\nRestrictNamespaces=yes\\nSystemCallFilter=@system-service\\n' > ${unit}.d/hard.conf
      systemctl daemon-reload`);

    const broken = await machine.run(doctor);
    expect(JSON.parse(broken.stdout).checks).toMatchObject([
      {
        status: 'error',
        evidence: [
          { value: 'SystemCallFilter: without mount, pivot_root, umount2' },
          { value: 'RestrictNamespaces: yes' },
        ],
      },
    ]);

    await sh(`rm -r ${unit}.d && systemctl daemon-reload`);
    expect(JSON.parse((await machine.run(doctor)).stdout).checks[0]?.status).toBe('pass');
  });
});
