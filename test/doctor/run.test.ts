import { describe, expect, test } from '@jest/globals';
import { type Check, defineCheck } from '../../src/doctor/check.ts';
import { runChecks } from '../../src/doctor/run.ts';

function checkThat(
  id: string,
  probe: () => Promise<{ flaw: string } | { skip: string } | undefined>,
) {
  return defineCheck<null, { flaw: string }>({
    id,
    group: 'daemon',
    title: `${id} is well`,
    why: 'a test',
    severity: 'warn',
    probe,
    explain: ({ flaw }) => ({ summary: flaw, evidence: [], cause: 'a cause' }),
    fixes: () => [],
  });
}

async function run(checks: readonly Check<null>[], signal = new AbortController().signal) {
  let clock = 0;
  const now = () => {
    clock += 5;
    return clock;
  };
  return await runChecks(checks, null, { signal, timeoutMs: 50, now });
}

describe('runChecks', () => {
  test('gives a result for each check, in their order', async () => {
    const results = await run([
      checkThat(
        'slow',
        () => new Promise<undefined>(resolve => setTimeout(() => resolve(undefined), 20)),
      ),
      checkThat('flawed', async () => ({ flaw: 'it is broken' })),
      checkThat('idle', async () => ({ skip: 'not here' })),
    ]);
    expect(results.map(({ id, status, summary, cause }) => [id, status, summary, cause])).toEqual([
      ['slow', 'pass', 'slow is well', null],
      ['flawed', 'warn', 'it is broken', 'a cause'],
      ['idle', 'skip', 'not here', null],
    ]);
  });

  test('goes on when a check breaks or gives no answer', async () => {
    const results = await run([
      checkThat('broken', () => Promise.reject(new Error('a bug'))),
      checkThat('stuck', () => new Promise(() => undefined)),
      checkThat('well', async () => undefined),
    ]);
    expect(results.map(({ status, summary }) => [status, summary])).toEqual([
      ['crash', 'a bug'],
      ['crash', 'gave no answer in 50 ms'],
      ['pass', 'well is well'],
    ]);
  });

  test('stops when it is told to', async () => {
    const stuck = checkThat('stuck', () => new Promise(() => undefined));
    await expect(run([stuck], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});
