import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { mapLimit } from '../../src/base/async.ts';
import { Journal, readHistory } from '../../src/setup/journal.ts';
import { places } from '../../src/setup/places.ts';
import { planSteps } from '../../src/setup/plan.ts';
import type { Outcome, SetupEvent } from '../../src/setup/run.ts';
import { finish, idsToDo, rollBack, survey, uninstall } from '../../src/setup/run.ts';
import { type Scene, scenes, setUpAndDie } from '../support/dying-host.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';
import { changesBetween, type Snapshot, takeSnapshot } from '../support/machine-snapshot.ts';
import { runProgram } from '../support/run-program.ts';
import { nixConf, plainRemoval, planInput, toolsFor } from '../support/setup-plan.ts';

const FOLDERS = ['/etc', '/home', '/usr', '/var', '/nix', '/run'];
/** Its lines differ: a resumed action is begun twice. */
const JOURNAL = /\/install\/journal$/;
const DRIVER = join(import.meta.dirname, '../support/setup-killed.ts');
const COPY_OPTIONS = {
  recursive: true,
  force: true,
  verbatimSymlinks: true,
  preserveTimestamps: true,
};
const never = new AbortController().signal;

async function install(fixture: FixtureHost): Promise<Outcome> {
  const tools = toolsFor(fixture);
  const surveys = await survey(planSteps(planInput()), tools);
  await using journal = await Journal.take(fixture.host, places.journal);
  const steps = surveys.map(({ step }) => step);
  await journal.begin('0.0.0', steps, [...idsToDo(surveys)]);
  return await drain(finish(journal, tools, never));
}

async function drain<Result>(events: AsyncGenerator<SetupEvent, Result>): Promise<Result> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
  }
}

function snapshot({ root }: FixtureHost) {
  return takeSnapshot(root, FOLDERS);
}

describe('setup on a root of its own', () => {
  test('installs, and is undone by uninstall without a trace', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    expect(await install(fixture)).toEqual({ outcome: 'installed' });
    expect(changesBetween(before, snapshot(fixture)).length).toBeGreaterThan(20);
    {
      await using journal = await Journal.take(fixture.host, places.journal);
      expect(await drain(uninstall(journal, toolsFor(fixture), plainRemoval))).toEqual([]);
    }
    expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });

  test('finds nothing to do the second time', async () => {
    using fixture = createFixtureHost();
    await install(fixture);
    const accounts = await fixture.host.readAccounts({ users: [], groups: [] });
    const again = planSteps(
      planInput({
        accounts,
        nixConf: nixConf('nixbld'),
        tenonConf: undefined,
      }),
    );
    expect([...idsToDo(await survey(again, toolsFor(fixture)))]).toEqual([]);
  });

  test('rolls back by itself when an action fails', async () => {
    using fixture = createFixtureHost();
    const tools = toolsFor(fixture);
    const surveys = await survey(planSteps(planInput()), tools);
    fixture.write('/etc/profile.d/tenon.sh/in-the-way', '');
    const before = snapshot(fixture);
    {
      await using journal = await Journal.take(fixture.host, places.journal);
      await journal.begin(
        '0.0.0',
        surveys.map(({ step }) => step),
        [...idsToDo(surveys)],
      );
      const outcome = await drain(finish(journal, tools, never));
      expect(outcome).toMatchObject({ outcome: 'rolled-back', error: { code: 'setup/blocked' } });
    }
    expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });

  test('rolls back when it is told to stop', async () => {
    using fixture = createFixtureHost();
    const before = snapshot(fixture);
    const tools = toolsFor(fixture);
    const stop = new AbortController();
    const surveys = await survey(planSteps(planInput()), tools);
    {
      await using journal = await Journal.take(fixture.host, places.journal);
      await journal.begin(
        '0.0.0',
        surveys.map(({ step }) => step),
        [...idsToDo(surveys)],
      );
      const events = finish(journal, tools, stop.signal);
      for (let count = 0; count < 20; count++) await events.next();
      stop.abort(new Error('stopped'));
      expect(await drain(events)).toMatchObject({ outcome: 'rolled-back' });
    }
    expect(changesBetween(before, snapshot(fixture))).toEqual([]);
  });
});

describe.each(Object.keys(scenes) as (keyof typeof scenes)[])('setup of %s, killed', name => {
  const scene: Scene = scenes[name];

  type Death = (fixture: FixtureHost, changes: number) => Promise<unknown>;

  /** The real thing: another process kills itself. */
  const byKill: Death = async ({ root }, changes) => {
    const command = [process.execPath, DRIVER, root, name, `${changes}`];
    const { code, stderr } = await runProgram(command, { timeoutMs: 20_000 });
    if (code !== undefined) throw new Error(`not killed: ${stderr}`);
  };

  /** Faster, and the same for the files: a setup that stops for ever and lets go of its lock. */
  const byStandstill: Death = async (fixture, after) => {
    const stopped = Promise.withResolvers<void>();
    const die = () => {
      stopped.resolve();
      return new Promise<void>(() => undefined);
    };
    const tools = scene.toolsFor(fixture);
    await Promise.race([setUpAndDie(tools, scene, { after, die }), stopped.promise]);
    rmSync(join(fixture.root, dirname(scene.journal), 'lock'), { force: true });
  };

  async function createScene(): Promise<FixtureHost> {
    const fixture = createFixtureHost();
    await scene.prepare(fixture);
    return fixture;
  }

  /** Rolls back one copy of the dead setup and resumes the other; gives what differs from what should be. */
  async function flawsAfter(death: Death, changes: number, wanted: Snapshot) {
    using fixture = await createScene();
    const before = snapshot(fixture);
    await death(fixture, changes);
    using twin = createFixtureHost();
    cpSync(fixture.root, twin.root, COPY_OPTIONS);
    const tools = scene.toolsFor(fixture);
    const resumed = await settle(fixture, journal => finish(journal, tools, never));
    const isCommitted = (await readHistory(twin.host, scene.journal)).installed.length > 0;
    await settle(twin, journal => rollBack(journal, scene.toolsFor(twin)));
    const flaws = [
      ...(isCommitted ? [] : changesBetween(before, snapshot(twin))),
      ...(resumed ? changesBetween(wanted, snapshot(fixture), [JOURNAL]) : []),
    ];
    return flaws.map(flaw => `dead after ${changes}: ${flaw}`);
  }

  /** False when the setup died before it had a journal, so that there is nothing to resume. */
  async function settle<Result>(
    { host }: FixtureHost,
    work: (journal: Journal) => AsyncGenerator<SetupEvent, Result>,
  ): Promise<boolean> {
    await using journal = await Journal.take(host, scene.journal);
    const { open, installed } = journal.history;
    if (open !== undefined) await drain(work(journal));
    return open !== undefined || installed.length > 0;
  }

  test.each([
    { how: 'after every change', death: byStandstill, every: 1 },
    { how: 'by kill -9, after some of them', death: byKill, every: 9 },
  ])(
    'is rolled back to what was before or resumed to the end: $how',
    async ({ death, every }) => {
      using undisturbed = await createScene();
      const tools = scene.toolsFor(undisturbed);
      const alive = { after: 0, die: () => Promise.resolve() };
      const total = await setUpAndDie(tools, scene, alive);
      const wanted = snapshot(undisturbed);
      const points = Array.from(
        { length: Math.floor(total / every) },
        (_, index) => (index + 1) * every,
      );
      const own = points.filter(point => point > total - scene.last);
      const flaws = await mapLimit(own, 2, point => flawsAfter(death, point, wanted));
      expect(total).toBeGreaterThan(30);
      expect(own).not.toEqual([]);
      expect(flaws.flat()).toEqual([]);
    },
    120_000,
  );
});
