import { expect, test } from '@jest/globals';
import type { Machine } from '../support/machine.ts';
import { until } from '../support/processes.ts';
import { asUser, buildAnew, type Journey } from './journey.ts';

const reload = {
  systemd: ['systemctl', 'reload', 'tenon-daemon.service'],
  openrc: ['rc-service', 'tenon-daemon', 'reload'],
};

const printLog = {
  systemd: ['journalctl', '--unit', 'tenon-daemon.service', '--output', 'cat', '--no-pager'],
  openrc: ['cat', '/var/log/tenon-daemon.log'],
};

const nixConf = '/etc/nix/nix.conf';
const gate = '/srv/gate';
const waitLimitMs = 30_000;
const reloads = 3;
/** More than pass before the last reload. */
const visitors = 40;

/** Ends with the settings that it began with. */
export function testReload(journey: () => Journey): void {
  test('a reload lets another daemon take over, and ends no build and refuses nobody', async () => {
    const { machine } = journey();
    const conf = await machine.read(nixConf);
    await machine.output(['mkdir', gate]);
    await machine.put(nixConf, `${conf}\nsandbox-paths = /gate=${gate}\n`);
    await replaceDaemon(machine);

    const longBuild = asUser(machine, 'nix-build gate.nix --no-out-link');
    const builder = ['pgrep', '--full', 'until .* /gate/open'];
    await until('it waits', async () => (await machine.run(builder)).code === 0, waitLimitMs);
    const visit = 'nix-build probe.nix --no-out-link --argstr salt';
    const visits = asUser(machine, `for i in $(seq ${visitors}); do ${visit} reload-$i; done`);
    for (let times = 0; times < reloads; times++) await replaceDaemon(machine);
    await machine.output(['touch', `${gate}/open`]);
    const [out] = await Promise.all([longBuild, visits]);
    expect(await machine.read(out.trim())).toBe('through\n');

    await machine.put(nixConf, `${conf}\nmax-jobs = very many\n`);
    expect((await machine.run(reload[machine.init])).code).not.toBe(0);
    await machine.put(nixConf, conf);
    await buildAnew(machine, 'after-broken-conf');
    await replaceDaemon(machine);
    await machine.output(['rm', '-r', gate]);
    await buildAnew(machine, 'after-reloads');
  });
}

async function replaceDaemon(machine: Machine): Promise<void> {
  const before = await countReplacements(machine);
  await machine.output(reload[machine.init]);
  const isDone = async () => (await countReplacements(machine)) > before;
  await until('another daemon serves', isDone, waitLimitMs);
}

async function countReplacements(machine: Machine): Promise<number> {
  return (await machine.output(printLog[machine.init])).split('info: replaced:').length;
}
