import { test } from '@jest/globals';
import { checkoutInMachine, type Machine } from '../support/machine.ts';
import { ordinaryUser } from '../support/machine-recipes.ts';
import { changesBetween, type Snapshot } from '../support/machine-snapshot.ts';
import type { Outcome } from '../support/run-program.ts';

/** What the steps of a journey share; they run in order, each on what the one before left. */
export interface Journey {
  readonly machine: Machine;
  /** The machine's files before setup. */
  readonly before: Snapshot;
  /** The step that the journey did not get past. */
  endedBy?: string | undefined;
}

/** Steps that others build on: when one fails, the rest of the journey says so and is not tried. */
export function testStep(
  journey: () => Journey,
  name: string,
  step: (journey: Journey) => Promise<void>,
): void {
  test(name, async () => {
    const going = journey();
    going.endedBy = name;
    await step(going);
    going.endedBy = undefined;
  });
}

/** Everything on the machine that lasts, but the checkout. */
export function takeInventory(machine: Machine): Snapshot {
  return machine.snapshot(['/etc', '/home', '/nix', '/opt', '/root', '/srv', '/usr', '/var']);
}

/** What changed since, but for what init and the services write while they run. */
export function changesSince(before: Snapshot, machine: Machine): readonly string[] {
  return changesBetween(before, takeInventory(machine), logsAndSeeds);
}

/** Logs, the record of reboots, the kernel's random seed, temporary folders of systemd's own services. */
const logsAndSeeds = [
  /^\/var\/log\/journal(\/|$)/,
  /^\/var\/log\/(dmesg|wtmp)/,
  /^\/var\/lib\/urandom\/random-seed$/,
  /^\/var\/tmp\/systemd-private-[^/]*systemd-/,
];

const work = `/home/${ordinaryUser}/work`;
const nixCommand = 'extra-experimental-features = nix-command';

const userOptions = { user: ordinaryUser, cwd: work, env: { NIX_CONFIG: nixCommand } };

/** Gives the ordinary user a folder with the expressions and with what they build from. */
export async function bringWork(machine: Machine): Promise<void> {
  const script = `
    mkdir -p ${work}/tools/bin
    cp ${checkoutInMachine}/test/fixtures/lifecycle/*.nix ${work}
    cp /usr/bin/busybox ${work}/tools/bin
    ln -s busybox ${work}/tools/bin/sh`;
  await machine.output(['bash', '-euo', 'pipefail', '-c', script], { user: ordinaryUser });
}

/** What the user and the user's client made, links into the store among it, is not tenon's to remove. */
export async function removeWork(machine: Machine): Promise<void> {
  const cache = `/home/${ordinaryUser}/.cache`;
  await machine.output(['rm', '-rf', work, cache], { user: ordinaryUser });
}

/** Runs shell lines in that folder as the ordinary user, whose Nix goes through the daemon. */
export function runAsUser(machine: Machine, script: string): Promise<Outcome> {
  return machine.run(['bash', '-euo', 'pipefail', '-c', script], userOptions);
}

export function asUser(machine: Machine, script: string): Promise<string> {
  return machine.output(['bash', '-euo', 'pipefail', '-c', script], userOptions);
}

/** Runs shell lines in that folder as root, whose Nix opens the store itself and asks no daemon. */
export function asStock(machine: Machine, script: string): Promise<string> {
  const env = { NIX_REMOTE: 'local', NIX_CONFIG: `${nixCommand}\nsubstituters =` };
  return machine.output(['bash', '-euo', 'pipefail', '-c', script], { cwd: work, env });
}

/** A build that no step made before, through the daemon. */
export async function buildAnew(machine: Machine, salt: string): Promise<void> {
  await asUser(machine, `nix-build probe.nix --argstr salt ${salt} --no-out-link`);
}
