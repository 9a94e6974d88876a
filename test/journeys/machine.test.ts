import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { bootMachine, checkoutInMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import { findCgroupRoot } from '../support/machine-needs.ts';
import { type Init, ordinaryUser } from '../support/machine-recipes.ts';
import { changesBetween } from '../support/machine-snapshot.ts';

describeOnMachine('a machine', () => {
  const limits = kernelLimits();
  afterAll(() => expect(kernelLimits()).toEqual(limits));

  test.each<Init>(['systemd', 'openrc'])('with %s is up in seconds, and again', async init => {
    await using machine = await bootMachine({ init });
    expect(machine.bootMs).toBeLessThan(10_000);
    expect(await machine.output(['ps', '-o', 'comm=', '1'])).toMatch(/^(systemd|init)\n/);
    await machine.put('/etc/kept', 'kept\n');
    await machine.put('/run/lost', 'lost\n');
    await machine.reboot();
    expect(await machine.read('/etc/kept')).toBe('kept\n');
    expect((await machine.run(['cat', '/run/lost'])).code).toBe(1);
    await machine.powerOff();
  });

  test.each<Init>(['systemd', 'openrc'])('with %s leaves nothing behind', async init => {
    {
      await using machine = await bootMachine({ init });
      await machine.output(['sh', '-c', 'sleep 1000 >/dev/null 2>&1 &']);
      expect(tracesOf(process.pid)).not.toEqual([]);
    }
    expect(tracesOf(process.pid)).toEqual([]);
  });

  test('leaves nothing behind when the test process is killed', async () => {
    const child = spawn(process.execPath, [bootAndWait], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(tracesOf(child.pid)).not.toEqual([]);
    child.kill('SIGKILL');
    await until(() => tracesOf(child.pid).length === 0);
  });

  test('runs what it is told, as whom, and no longer than allowed', async () => {
    await using machine = await bootMachine({ init: 'systemd' });
    const sandbox = ['unshare', '-Urpf', '--mount-proc', 'sh', '-c', 'id -u; echo $$'];
    expect(await machine.output(sandbox, { user: ordinaryUser })).toBe('0\n1\n');
    const late = machine.run(['sh', '-c', 'sleep 4321 & sleep 4321'], { timeoutMs: 300 });
    await expect(late).rejects.toThrow('Stopped after 300 ms');
    expect((await machine.run(['pgrep', 'sleep'])).stdout).toBe('');
  });

  test('has the stock client, and the checkout without leave to write', async () => {
    await using machine = await bootMachine({ init: 'systemd' });
    expect(await machine.output(['nix', '--version'], { user: ordinaryUser })).toContain(' 2.8.0');
    const write = await machine.run(['touch', `${checkoutInMachine}/package.json`]);
    expect(write.stderr).toContain('Read-only file system');
  });

  test('tells what changed, and can be broken on purpose', async () => {
    const breakLines = ['mount --bind proc/sys proc/sys'];
    await using machine = await bootMachine({ init: 'systemd', breakLines });
    const sandbox = await machine.run(['unshare', '-Urpf', '--mount-proc', 'true']);
    expect(sandbox.stderr).toContain('Operation not permitted');
    const before = machine.snapshot(['/etc', '/nix']);
    await machine.output(['sh', '-c', 'echo a >/etc/a; chmod 600 /etc/hostname; mkdir /nix']);
    const changes = changesBetween(before, machine.snapshot(['/etc', '/nix']));
    expect(changes.map(change => change.split(':')[0])).toEqual([
      '/etc/a',
      '/etc/hostname',
      '/nix',
    ]);
  });
});

const bootAndWait = join(import.meta.dirname, '../fixtures/boot-and-wait.ts');

/** Holders and processes of the machines that a test process booted, and their cgroup folders. */
function tracesOf(testPid: number | undefined): readonly string[] {
  const name = `tenon-machine-${testPid}-`;
  const folders = readdirSync(findCgroupRoot()).filter(folder => folder.startsWith(name));
  const processes = readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && isOf(name, pid));
  return [...folders, ...processes];
}

function isOf(name: string, pid: string): boolean {
  return ['cmdline', 'cgroup'].some(file => textOf(join('/proc', pid, file)).includes(name));
}

/** A process may end while it is looked at, and reading its files then fails in more ways than one. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What systemd raises for the whole host when it starts on one. */
function kernelLimits(): readonly string[] {
  return ['file-max', 'nr_open'].map(name => readFileSync(`/proc/sys/fs/${name}`, 'utf8'));
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await sleep(50))
    if (Date.now() > end) throw new Error('Waited 10 s in vain');
}
