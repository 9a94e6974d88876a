import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Machine } from '../support/machine.ts';
import { asStock, asUser, buildAnew, type Journey } from './journey.ts';

const restart = {
  systemd: ['systemctl', 'restart', 'tenon-daemon.service'],
  openrc: ['rc-service', 'tenon-daemon', 'restart'],
};

const printPid = {
  systemd: 'systemctl show --property MainPID --value tenon-daemon.service',
  openrc: 'pgrep --parent "$(cat /run/tenon-daemon.pid)"',
};

/** How long a daemon may take to be back, its start-up and the pause before it included. */
const returnLimitMs = 30_000;

export function testService(journey: () => Journey): void {
  test('builds go on after a restart of the service', async () => {
    const { machine } = journey();
    await machine.output(restart[machine.init]);
    await buildAnew(machine, 'after-restart');
  });

  test('a daemon that is killed comes back', async () => {
    const { machine } = journey();
    const killed = await findDaemon(machine, 0);
    await machine.output(['kill', '-KILL', `${killed}`]);
    expect(await findDaemon(machine, killed)).toBeGreaterThan(1);
    await untilItAnswers(machine);
    await buildAnew(machine, 'after-kill');
  });

  test('the daemon is there after a reboot', async () => {
    const { machine } = journey();
    await machine.reboot();
    await untilItAnswers(machine);
    await buildAnew(machine, 'after-reboot');
  });

  test('stock Nix finds no fault in the store after all this', async () => {
    const said = await asStock(journey().machine, 'nix-store --verify --check-contents 2>&1');
    expect(said).not.toMatch(/error|warning|modified|disappeared/);
  });
}

/** The process id of a running daemon other than the one given; waits for one to come. */
async function findDaemon(machine: Machine, other: number): Promise<number> {
  for (const end = Date.now() + returnLimitMs; Date.now() < end; await sleep(100)) {
    const { stdout } = await machine.run(['sh', '-c', printPid[machine.init]]);
    const pid = Number.parseInt(stdout, 10) || 0;
    if (pid > 0 && pid !== other) return pid;
  }
  throw new Error(`No daemon came up within ${returnLimitMs} ms`);
}

async function untilItAnswers(machine: Machine): Promise<void> {
  const ask =
    'for i in $(seq 100); do nix store ping --store daemon && exit; sleep 0.1; done; exit 1';
  await asUser(machine, ask);
}
