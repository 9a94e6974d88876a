import { describe, expect, test } from '@jest/globals';
import type { Check, Fix } from '../../src/doctor/check.ts';
import { defineCheck } from '../../src/doctor/check.ts';
import { applyRemedies, findRemedies, planRemedy } from '../../src/doctor/fix.ts';
import { runChecks } from '../../src/doctor/run.ts';
import { createFixtureHost } from '../support/fixture-host.ts';

const NEVER = new AbortController().signal;
const FACTS = { id: 'mend', commands: [['mend']], reversible: true, needsRoot: true } as const;

/** A check that fails while `broken` has its id, and whose fix takes it out. */
function breakable(
  id: string,
  broken: Set<string>,
  cure = () => broken.delete(id),
  fix = 'mend',
): Check<null> {
  const fixes: Fix[] = [
    { ...FACTS, class: 'M', description: 'think' },
    { ...FACTS, id: fix, class: 'A', description: `mend ${id}`, apply: async () => void cure() },
  ];
  return defineCheck<null, object>({
    id,
    group: 'daemon',
    title: `${id} is whole`,
    why: 'a test',
    severity: 'error',
    probe: async () => (broken.has(id) ? {} : undefined),
    explain: () => ({ summary: `${id} is broken`, evidence: [], cause: 'a test' }),
    fixes: () => fixes,
  });
}

async function treat(checks: readonly Check<null>[]) {
  using fixture = createFixtureHost();
  const options = { signal: NEVER, timeoutMs: 60_000, now: () => 0, isRoot: true };
  const judge = (ids: readonly string[]) =>
    runChecks(
      checks.filter(({ id }) => ids.includes(id)),
      null,
      options,
    );
  const remedies = findRemedies(await judge(checks.map(({ id }) => id)));
  const announced: string[] = [];
  const outcomes = await applyRemedies(remedies, {
    judgeAgain: async id => (await judge([id]))[0],
    announce: ({ check }) => announced.push(check),
    tools: {
      host: fixture.host,
      signal: NEVER,
      tenon: async () => undefined,
      writeOwn: async () => undefined,
    },
  });
  return { remedies, announced, outcomes };
}

test('findRemedies puts what makes foundations before what needs them', async () => {
  const broken = new Set(['a', 'b', 'c']);
  const named = (id: string, fix: string) => breakable(id, broken, undefined, fix);
  const { remedies } = await treat([
    named('a', 'restart'),
    named('b', 'setup'),
    named('c', 'resume'),
  ]);
  expect(remedies.map(({ check }) => check)).toEqual(['c', 'b', 'a']);
});

describe('applyRemedies', () => {
  test('applies what tenon can do itself, and tells beforehand', async () => {
    const broken = new Set(['a']);
    const { announced, outcomes } = await treat([breakable('a', broken), breakable('b', broken)]);
    expect(broken.size).toBe(0);
    expect(announced).toEqual(['a']);
    expect(outcomes).toEqual([
      {
        check: 'a',
        fix: 'mend',
        description: 'mend a',
        commands: [['mend']],
        state: 'applied',
        error: null,
      },
    ]);
  });

  test('leaves alone what another fix has cured already', async () => {
    const broken = new Set(['a', 'b']);
    const { outcomes } = await treat([
      breakable('a', broken, () => broken.clear() as never),
      breakable('b', broken),
    ]);
    expect(outcomes.map(({ check }) => check)).toEqual(['a']);
  });

  test('goes on after a fix that fails', async () => {
    const broken = new Set(['a', 'b']);
    const { outcomes } = await treat([
      breakable('a', broken, () => {
        throw new Error('locked');
      }),
      breakable('b', broken),
    ]);
    expect(outcomes.map(({ check, state, error }) => [check, state, error])).toEqual([
      ['a', 'failed', 'locked'],
      ['b', 'applied', null],
    ]);
  });
});

test('planRemedy says what would be done and does nothing', async () => {
  const broken = new Set(['a']);
  const { remedies } = await treat([breakable('a', broken)]);
  broken.add('a');
  expect(remedies.map(planRemedy)).toMatchObject([{ check: 'a', state: 'planned', error: null }]);
  expect(broken.has('a')).toBe(true);
});
