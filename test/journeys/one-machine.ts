import { afterAll, beforeAll } from '@jest/globals';
import { bootMachine, checkoutInMachine, type Machine } from '../support/machine.ts';
import type { Init } from '../support/machine-recipes.ts';
import type { Snapshot } from '../support/machine-snapshot.ts';
import type { Outcome } from '../support/run-program.ts';
import { takeInventory } from './journey.ts';

/** A machine that many cases share; each leaves it as it was. */
export interface SharedMachine {
  readonly machine: Machine;
  /** Its files before the first case. */
  readonly before: Snapshot;
  /** Runs the checkout's program as root. */
  tenon(...args: readonly string[]): Promise<Outcome>;
  /** Runs shell lines as root and gives what they print. */
  shell(script: string): Promise<string>;
}

const limits = { timeoutMs: 120_000 };

export function shareMachine(
  init: Init,
  prepare: (machine: Machine) => Promise<void> = () => Promise.resolve(),
): () => SharedMachine {
  let shared: SharedMachine | undefined;
  beforeAll(async () => {
    const machine = await bootMachine({ init });
    await prepare(machine);
    shared = {
      machine,
      before: takeInventory(machine),
      tenon: (...args) => machine.run([`${checkoutInMachine}/src/tenon`, ...args], limits),
      shell: script => machine.output(['bash', '-euo', 'pipefail', '-c', script], limits),
    };
  });
  afterAll(() => shared?.machine[Symbol.asyncDispose]());
  return () => {
    if (shared === undefined) throw new Error('The machine of these cases did not boot');
    return shared;
  };
}
