import { describe, expect, test } from '@jest/globals';
import { createProcesses } from '../../src/host/processes.ts';

const { run } = createProcesses();

describe('run', () => {
  test('gives status and output, with an environment of its own', async () => {
    process.env.TENON_TEST_LEAK = 'leaked';
    const { status, stdout } = await run(['env'], { env: { EXTRA: '1' } });
    delete process.env.TENON_TEST_LEAK;
    expect(status).toBe(0);
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual([
      'EXTRA=1',
      'LC_ALL=C',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  test('gives a status that was announced', async () => {
    expect(await run(['sh', '-c', 'exit 3'], { accept: [0, 3] })).toMatchObject({ status: 3 });
  });

  test.each([
    {
      how: 'another status',
      argv: ['sh', '-c', 'echo no >&2; exit 4'],
      code: 'host/command-failed',
    },
    { how: 'a signal', argv: ['sh', '-c', 'kill -9 $$'], code: 'host/command-failed' },
    { how: 'no such program', argv: ['tenon-no-such-program'], code: 'host/command-missing' },
  ])('throws for $how and names the command', async ({ argv, code }) => {
    await expect(run(argv)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(argv.join(' ')),
    });
  });

  test('throws the reason when it is stopped', async () => {
    const signal = AbortSignal.timeout(20);
    await expect(run(['sleep', '10'], { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
