import { expect, test } from '@jest/globals';
import { bootMachine, checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import { changesSince, takeInventory } from './journey.ts';

const tenon = `${checkoutInMachine}/src/tenon`;
const check = 'sandbox.proc-masked';

const hosts = [
  {
    name: 'a file that is covered',
    breakLines: ['mount --bind /dev/null proc/timer_list'],
    cure: ['umount', '--lazy', '/proc/timer_list'],
  },
  {
    name: 'a covered folder that systemd itself uses',
    breakLines: ['mount --bind proc/sys proc/sys'],
    cure: ['umount', '--lazy', '/proc/sys'],
  },
  {
    name: 'another atime mode',
    breakLines: ['mount -o remount,bind,noatime proc'],
    cure: ['mount', '-o', 'remount,bind,relatime', '/proc'],
  },
];

describeOnMachine('a host whose /proc has', () => {
  test.each(hosts)('$name: setup refuses where nobody may mount, and works else', async host => {
    const { breakLines, cure } = host;
    await using machine = await bootMachine({ init: 'systemd', breakLines });
    const sandbox = ['unshare', '-Urpf', '--mount-proc', 'true'];
    expect((await machine.run(sandbox)).stderr).toContain('Operation not permitted');
    const before = takeInventory(machine);

    const mountless = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
    const refused = await machine.run([...mountless, tenon, 'setup', '--yes']);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining(check) });
    expect(changesSince(before, machine)).toEqual([]);
    const sick = await machine.run([...mountless, tenon, 'doctor', check]);
    expect(sick).toMatchObject({ code: 1, stdout: expect.stringContaining(cure.join(' ')) });

    // It ends with a real sandboxed build.
    await machine.output([tenon, 'setup', '--yes']);
    const cured = await machine.run([tenon, 'doctor', check]);
    expect(cured).toMatchObject({ code: 0, stdout: expect.stringContaining('1 hint') });
  });
});
