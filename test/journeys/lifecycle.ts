import { afterAll, beforeAll } from '@jest/globals';
import { bootMachine } from '../support/machine.ts';
import { describeOnMachine } from '../support/machine-describe.ts';
import type { Init, Suite } from '../support/machine-recipes.ts';
import { type Journey, takeInventory } from './journey.ts';
import { testBuilds } from './journey-builds.ts';
import { configurePortage, testEmerge } from './journey-emerge.ts';
import { testQueries } from './journey-queries.ts';
import { testReload } from './journey-reload.ts';
import { testService } from './journey-service.ts';
import { testSetup, testUninstall } from './journey-setup.ts';
import { testUpgrade } from './journey-upgrade.ts';

/** A user's whole way with tenon on one machine: setup, builds, trouble, uninstall. */
export function describeLifecycle(init: Init, suite: Suite): void {
  describeOnMachine(`a ${suite} host with ${init}`, () => {
    const journey = startJourney(init, suite);
    testSetup(journey);
    testBuilds(journey);
    testQueries(journey);
    testReload(journey);
    testUpgrade(journey);
    testService(journey);
    testEmerge(journey);
    testUninstall(journey);
  });
}

/** Boots the machine of a journey before its first step. */
export function startJourney(init: Init, suite: Suite): () => Journey {
  let journey: Journey | undefined;
  beforeAll(async () => {
    const machine = await bootMachine({ init, suite });
    await configurePortage(machine);
    journey = { machine, before: takeInventory(machine) };
  });
  afterAll(() => journey?.machine[Symbol.asyncDispose]());
  return () => {
    if (journey === undefined) throw new Error('The machine of this journey did not boot');
    if (journey.endedBy !== undefined) throw new Error(`Not reached: "${journey.endedBy}" failed`);
    return journey;
  };
}
