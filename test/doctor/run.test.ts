import { describe, expect, test } from '@jest/globals';
import { type Check, defineCheck } from '../../src/doctor/check.ts';
import { type CheckResult, runChecks } from '../../src/doctor/run.ts';

function checkThat(
  id: string,
  probe: () => Promise<{ flaw: string } | { skip: string } | undefined>,
  more: { needsRoot?: boolean; timeoutMs?: number } = {},
) {
  return defineCheck<null, { flaw: string }>({
    ...more,
    id,
    group: 'daemon',
    title: `${id} is well`,
    why: 'a test',
    severity: ({ flaw }) => (flaw === 'it burns' ? 'error' : 'warn'),
    probe,
    explain: ({ flaw }) => ({ summary: flaw, evidence: [], cause: 'a cause' }),
    fixes: () => [],
  });
}

interface Options {
  readonly signal?: AbortSignal;
  readonly isRoot?: boolean;
  readonly onResult?: (result: CheckResult) => void;
}

async function run(checks: readonly Check<null>[], options: Options = {}) {
  let clock = 0;
  const now = () => {
    clock += 5;
    return clock;
  };
  const usual = { signal: new AbortController().signal, timeoutMs: 50, now, isRoot: true };
  return await runChecks(checks, null, { ...usual, ...options });
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

  test('lets a check say how bad it is', async () => {
    const results = await run([checkThat('hot', async () => ({ flaw: 'it burns' }))]);
    expect(results).toMatchObject([{ status: 'error', summary: 'it burns' }]);
  });

  test('leaves out what only root can see, and names the command for it', async () => {
    const secret = checkThat('secret', () => Promise.reject(new Error('EACCES')), {
      needsRoot: true,
    });
    const plain = checkThat('plain', async () => undefined);
    const results = await run([secret, plain], { isRoot: false });
    expect(results.map(({ status, summary }) => [status, summary])).toEqual([
      ['skip', 'only root can see it: sudo tenon doctor secret'],
      ['pass', 'plain is well'],
    ]);
    expect(await run([secret])).toMatchObject([{ status: 'crash' }]);
  });

  test('leaves to root what turns out to be closed to this user', async () => {
    const forbidden = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    const closed = checkThat('closed', () => Promise.reject(forbidden));
    expect(await run([closed], { isRoot: false })).toMatchObject([
      { status: 'skip', summary: 'only root can see it: sudo tenon doctor closed' },
    ]);
    expect(await run([closed])).toMatchObject([{ status: 'crash' }]);
  });

  test('gives a check the time that it says it needs', async () => {
    const stuck = checkThat('stuck', () => new Promise(() => undefined), { timeoutMs: 5 });
    expect(await run([stuck])).toMatchObject([{ summary: 'gave no answer in 5 ms' }]);
  });

  test('reports each result as soon as there is one', async () => {
    const first = Promise.withResolvers<undefined>();
    const seen: string[] = [];
    const onResult = ({ id }: CheckResult) => {
      seen.push(id);
      if (id === 'second') first.resolve(undefined);
    };
    await run(
      [checkThat('first', () => first.promise), checkThat('second', async () => undefined)],
      {
        onResult,
      },
    );
    expect(seen).toEqual(['second', 'first']);
  });

  test('stops when it is told to', async () => {
    const stuck = checkThat('stuck', () => new Promise(() => undefined));
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(run([stuck], { signal })).rejects.toThrow('stop');
  });
});
