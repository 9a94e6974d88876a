import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bootMachine, checkoutInMachine, type Machine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Outcome } from '../support/run-program.ts';

const STOPPED = 3;
const CRASHED = 32;

const nixConf = '/etc/nix/nix.conf';
const broken = 'max-jobs = very many\n';
/** A store of a later version, as far as the daemon can tell: its settings are fine, and it ends at once. */
const schema = '/nix/var/nix/db/schema';

describeOnMachine('rc-service tells the truth', () => {
  let machine: Machine;
  let settings: string;

  beforeAll(async () => {
    machine = await bootMachine({ init: 'openrc' });
    const setup = [`${checkoutInMachine}/src/tenon`, 'setup', '--yes'];
    await machine.output(setup, { timeoutMs: 240_000 });
    settings = await machine.read(nixConf);
  }, 300_000);
  afterAll(() => machine?.[Symbol.asyncDispose]());

  const service = (verb: string): Promise<Outcome> =>
    machine.run(['rc-service', 'tenon-daemon', verb]);
  const status = async () => (await service('status')).code;
  const answers = async () => (await machine.run(['tenon', 'doctor', 'daemon.alive'])).code === 0;
  /** The process that OpenRC supervises, and those below it. */
  const daemons = async () =>
    (await machine.run(['pgrep', '--full', 'tenon daemon|main.ts daemon'])).stdout.trim();
  const until = (condition: string) =>
    machine.output([
      'sh',
      '-c',
      `for i in $(seq 300); do ${condition} && exit; sleep 0.1; done; exit 1`,
    ]);
  const killDaemon = () => machine.output(['pkill', '-KILL', '--full', 'main.ts daemon']);

  test('of a daemon that runs, and of one that was stopped', async () => {
    expect(await status()).toBe(0);
    expect((await service('stop')).code).toBe(0);
    expect(await status()).toBe(STOPPED);
    expect(await daemons()).toBe('');
    expect((await service('start')).code).toBe(0);
    expect(await answers()).toBe(true);
    expect((await service('restart')).code).toBe(0);
    expect(await answers()).toBe(true);
  });

  test('of a reload, after which the daemon is another one', async () => {
    const before = await machine.output(['pgrep', '--full', 'main.ts daemon']);
    expect((await service('reload')).code).toBe(0);
    await until(`! pgrep --full 'main.ts daemon' | grep -qx ${before.trim()}`);
    expect(await status()).toBe(0);
  });

  test.each(['restart', 'reload'])(
    'of a %s that settings make impossible, and leaves the daemon running',
    async verb => {
      const before = await daemons();
      await machine.put(nixConf, broken);
      const { code, stdout, stderr } = await service(verb);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toContain('max-jobs');
      expect(await daemons()).toBe(before);
      expect(await status()).toBe(0);
      await machine.put(nixConf, settings);
    },
  );

  test('of a start that settings make impossible', async () => {
    await service('stop');
    await machine.put(nixConf, broken);
    const { code, stdout, stderr } = await service('start');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('max-jobs');
    expect(await status()).toBe(STOPPED);
    await machine.put(nixConf, settings);
  });

  test('of a daemon that ends at once', async () => {
    const version = await machine.read(schema);
    await machine.put(schema, '99');
    const { code, stdout, stderr } = await service('start');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('does not answer');
    expect(await status()).toBe(STOPPED);
    expect(await daemons()).toBe('');
    await machine.put(schema, version);
    expect((await service('start')).code).toBe(0);
    expect(await status()).toBe(0);
  });

  test('of a daemon that ends later and cannot come back, until it can', async () => {
    const version = await machine.read(schema);
    await machine.put(schema, '99');
    await killDaemon();
    expect(await status()).toBe(CRASHED);
    await machine.put(schema, version);
    await until('rc-service tenon-daemon status');
    expect(await answers()).toBe(true);
  });

  test('of a stop, also of a daemon that is down', async () => {
    await machine.put(schema, '99');
    await killDaemon();
    expect((await service('stop')).code).toBe(0);
    expect(await status()).toBe(STOPPED);
    expect(await daemons()).toBe('');
  });
});
