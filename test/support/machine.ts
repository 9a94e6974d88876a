import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Boot, type Ending, startBoot } from './machine-boot.ts';
import { commandToEnter, enterMachine, type RunOptions } from './machine-enter.ts';
import { type Hold, holdMachine } from './machine-hold.ts';
import type { Init, Suite } from './machine-recipes.ts';
import { type Snapshot, takeSnapshot } from './machine-snapshot.ts';
import { describeRun, type Outcome } from './run-program.ts';
import { ensureTemplate } from './templates.ts';

export interface MachineOptions {
  readonly init: Init;
  readonly suite?: Suite;
  /** Shell lines run in the new root just before it is entered, to break something on purpose. */
  readonly breakLines?: readonly string[];
}

/** Where every machine has this checkout, read-only. */
export const checkoutInMachine = '/src/tenon';

const bootLimitMs = 30_000;

/**
 * Boots a machine. One boot in about 70 was seen not to come up, for no known reason: it gets a second
 * try, a test never does.
 */
export async function bootMachine(options: MachineOptions): Promise<Machine> {
  const template = await ensureTemplate(options.init, options.suite);
  return start(template, options).catch(error => {
    process.stderr.write(`Booting a second time: ${error}\n`);
    return start(template, options);
  });
}

async function start(template: string, options: MachineOptions): Promise<Machine> {
  const startedAt = performance.now();
  const hold = await holdMachine(template);
  const machine = new Machine(options, hold);
  try {
    await machine.powerOn();
    machine.bootMs = performance.now() - startedAt;
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** A machine with an init, processes, network, mounts and files of its own. Disposing leaves nothing of it. */
export class Machine implements AsyncDisposable {
  readonly init: Init;
  /** What the first boot took, its files included. */
  bootMs = 0;
  readonly #hold: Hold;
  readonly #breakLines: readonly string[];
  #boot: Boot | undefined;

  constructor({ init, breakLines = [] }: MachineOptions, hold: Hold) {
    this.init = init;
    this.#hold = hold;
    this.#breakLines = breakLines;
  }

  async run(command: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return enterMachine(this.#hold, this.#running(), command, options);
  }

  /** The command line that opens a shell of root in a terminal of the machine's own, behind the caller's. */
  terminal(): readonly string[] {
    const env = { TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh', PS1: '$ ' };
    const shell = ['script', '--quiet', '--return', '--command', 'sh -i +m', '/dev/null'];
    return commandToEnter(this.#hold, this.#running(), shell, { env });
  }

  /** What the command prints; throws with all that it said when its status is not 0. */
  async output(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const outcome = await this.run(command, options);
    if (outcome.code !== 0) throw new Error(describeRun(command, outcome));
    return outcome.stdout;
  }

  async put(path: string, text: string): Promise<void> {
    const write = 'mkdir -p "$(dirname "$1")" && cat >"$1"';
    await this.output(['sh', '-c', write, 'sh', path], { input: text });
  }

  read(path: string): Promise<string> {
    return this.output(['cat', path]);
  }

  snapshot(folders: readonly string[]): Snapshot {
    return takeSnapshot(`/proc/${this.#running().initPid}/root`, folders);
  }

  /** Files stay; /run and /tmp start empty. */
  async reboot(): Promise<void> {
    await this.#leave('reboot', 'rebooted');
    await this.powerOn();
  }

  async powerOff(): Promise<void> {
    await this.#leave('poweroff', 'powered off');
  }

  async powerOn(): Promise<void> {
    const boot = await startBoot(this.#hold, this.#breakLines);
    this.#boot = boot;
    for (const end = Date.now() + bootLimitMs; !(await this.#isUp(boot)); await sleep(50))
      if (Date.now() > end) throw new Error(`The machine does not come up:\n${boot.console()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#boot?.cutPower();
    await this.#hold[Symbol.asyncDispose]();
  }

  async #isUp(boot: Boot): Promise<boolean> {
    const run = `/proc/${boot.initPid}/root/run`;
    if (this.init === 'openrc')
      return (
        (await textOf(`${run}/openrc/softlevel`)) === 'default' &&
        !existsSync(`${run}/openrc/rc.starting`)
      );
    if (!existsSync(`${run}/systemd/private`)) return false;
    // The decoys of machine.sh: as long as they cover a part of /proc, no build gets a /proc of its own.
    const mounts = await textOf(`/proc/${boot.initPid}/mountinfo`);
    if (/ \/proc\/sys\/fs\/(?:file-max|nr_open) /.test(mounts)) return false;
    const { stdout } = await this.run(['systemctl', 'is-system-running', '--wait']);
    return ['running', 'degraded'].includes(stdout.trim());
  }

  async #leave(command: string, expected: Ending): Promise<void> {
    const boot = this.#running();
    await this.run([command]);
    const ending = await boot.ended;
    this.#boot = undefined;
    if (ending !== expected) throw new Error(`The machine was ${ending}:\n${boot.console()}`);
  }

  #running(): Boot {
    if (this.#boot === undefined) throw new Error('The machine is off');
    return this.#boot;
  }
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
