import { expect, test } from '@jest/globals';
import { checkoutInMachine, type Machine } from '../support/machine.ts';
import { until } from '../support/processes.ts';
import { asStock, asUser, buildAnew, type Journey } from './journey.ts';

const nixConf = '/etc/nix/nix.conf';
const gate = '/srv/gate';
const other = '/srv/other';
const otherVersion = '99.0.0';
const limits = { timeoutMs: 240_000 };
const waitLimitMs = 30_000;
const blocked = 3;
const badConfiguration = 2;
const pending = 10;

/** Ends with the program and the settings that it began with. */
export function testUpgrade(journey: () => Journey): void {
  test('another version takes over while builds run, and ends none and refuses nobody', async () => {
    const { machine } = journey();
    const conf = await machine.read(nixConf);
    await machine.output(['mkdir', gate]);
    await machine.put(nixConf, `${conf}\nsandbox-paths = /gate=${gate}\n`);
    expect(await machine.output(['tenon', 'upgrade', '--force'])).toContain('Done');
    const own = (await check(machine, 'tenon')).running;

    const longBuild = asUser(machine, 'nix-build gate.nix --no-out-link --argstr salt upgrade');
    const builder = ['pgrep', '--full', 'until .* /gate/open'];
    await until('it waits', async () => (await machine.run(builder)).code === 0, waitLimitMs);
    await installOther(machine);
    expect(await check(machine, `${other}/src/tenon`, pending)).toMatchObject({
      direction: 'upgrade',
      action: 'replace',
      takesBackup: true,
      daemons: expect.arrayContaining([expect.objectContaining({ isServing: true, builds: 1 })]),
    });
    const plan = await machine.output([`${other}/src/tenon`, 'plan']);
    expect(plan).toContain('Let a new tenon-daemon take over');
    expect(plan).not.toContain('Stop tenon-daemon');

    const visit = 'nix-build probe.nix --no-out-link --argstr salt';
    const visits = asUser(
      machine,
      `i=0; until test -e ${gate}/open; do i=$((i + 1)); ${visit} upgrade-$i >/dev/null; done; echo $i`,
    );
    await machine.output([`${other}/src/tenon`, 'setup', '--yes'], limits);
    expect(await check(machine, 'tenon')).toMatchObject({
      running: otherVersion,
      backup: { version: own },
    });
    const isLeft = async () => {
      const { daemons } = await check(machine, 'tenon');
      const before = daemons.filter(({ isServing }: { isServing: boolean }) => !isServing);
      return before.length === 1 && before[0].builds === 1 && before[0].clients === 1;
    };
    expect(await asUser(machine, 'tenon upgrade --check')).toContain('Nothing to do');
    await until('the one before has but the long build', isLeft, waitLimitMs);
    await machine.output(['touch', `${gate}/open`]);
    const [out, count] = await Promise.all([longBuild, visits]);
    expect(Number(count)).toBeGreaterThan(1);
    expect(await machine.read(out.trim())).toBe('through\n');

    await machine.put(nixConf, conf);
    await machine.output(['rm', '-r', gate]);
    await machine.output([`${checkoutInMachine}/src/tenon`, 'setup', '--yes'], limits);
    expect(await check(machine, 'tenon')).toMatchObject({
      running: own,
      backup: { version: otherVersion },
    });
    await machine.output(['rm', '-r', other]);
  });

  test('an upgrade to a daemon that cannot start changes nothing, and says why', async () => {
    const { machine } = journey();
    const conf = await machine.read(nixConf);
    await machine.put(nixConf, `${conf}\nmax-jobs = very many\n`);
    const outcome = await machine.run(['tenon', 'upgrade', '--force']);
    await machine.put(nixConf, conf);
    expect(outcome).toMatchObject({
      code: badConfiguration,
      stderr: expect.stringContaining('max-jobs'),
    });
    await buildAnew(machine, 'after-a-failed-upgrade');
  });

  test('rollback names what it would lose, and loses it when it is forced to', async () => {
    const { machine } = journey();
    const build = 'nix-build probe.nix --no-out-link --argstr salt after-the-upgrade';
    const path = (await asUser(machine, build)).trim();
    const refused = await machine.run(['tenon', 'rollback']);
    expect(refused).toMatchObject({ code: blocked, stdout: expect.stringContaining(path) });
    await buildAnew(machine, 'after-refusal');
    await machine.output(['tenon', 'rollback', '--force', '--yes'], limits);
    expect((await machine.run(['nix-store', '--check-validity', path])).code).not.toBe(0);
    expect((await asUser(machine, build)).trim()).toBe(path);
    expect(await asStock(machine, 'nix-store --verify --check-contents 2>&1')).not.toContain(
      'error',
    );
  });
}

async function installOther(machine: Machine): Promise<void> {
  const script = `
    cp -al /usr/local/lib/tenon ${other}
    sed -i 's/"version": "[^"]*"/"version": "${otherVersion}"/' ${other}/package.json`;
  await machine.output(['bash', '-euo', 'pipefail', '-c', script]);
}

async function check(machine: Machine, tenon: string, status = 0) {
  const { code, stdout } = await machine.run([tenon, 'upgrade', '--check', '--json']);
  expect({ code, stdout }).toMatchObject({ code: status });
  return JSON.parse(stdout);
}
