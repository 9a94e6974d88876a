import { expect, test } from '@jest/globals';
import { checkoutInMachine } from '../support/machine.ts';
import { changesSince, type Journey, removeWork, takeInventory, testStep } from './journey.ts';

const setup = [`${checkoutInMachine}/src/tenon`, 'setup', '--yes'];
/** Where OpenRC writes what the daemon says of its clients; setup is one. */
const daemonLog = '/var/log/tenon-daemon.log';
const limits = { timeoutMs: 240_000 };

export function testSetup(journey: () => Journey): void {
  testStep(journey, 'setup needs neither a network nor a terminal', async ({ machine }) => {
    await machine.output(setup, limits);
  });

  test('setup changes nothing when it runs again', async () => {
    const { machine } = journey();
    const installed = takeInventory(machine);
    await machine.output(setup, limits);
    const changes = changesSince(installed, machine);
    expect(changes.filter(change => !change.startsWith(daemonLog))).toEqual([]);
  });

  test('the doctor finds nothing after setup', async () => {
    expect(await journey().machine.output(['tenon', 'doctor'])).not.toBe('');
  });
}

export function testUninstall(journey: () => Journey): void {
  test('uninstall leaves no traces', async () => {
    const { machine, before } = journey();
    await removeWork(machine);
    const uninstall = ['tenon', 'uninstall', '--yes', '--purge-store'];
    await machine.output(uninstall, limits);
    expect(changesSince(before, machine)).toEqual([]);
  });

  test('after uninstall init knows no service and no process is left', async () => {
    const { machine } = journey();
    const service = {
      systemd: ['systemctl', 'cat', 'tenon-daemon.service', 'tenon-daemon.socket'],
      openrc: ['rc-service', '--exists', 'tenon-daemon'],
    }[machine.init];
    expect((await machine.run(service)).code).not.toBe(0);
    expect((await machine.run(['pgrep', '--list-full', 'node|tenon|enter'])).stdout).toBe('');
    expect(await machine.output(['ls', '/run'])).not.toContain('tenon');
  });
}
