import { describe, expect, test } from '@jest/globals';
import { builderFailure, logTooLong, silentFor, timedOut } from '../../src/build/failure.ts';
import { fakePath } from './derivations.ts';

const drvPath = fakePath('d', 'some.drv');

describe('builderFailure', () => {
  test.each([
    { end: { kind: 'exited', code: 3 }, words: 'with exit code 3' },
    { end: { kind: 'signalled', signal: 11 }, words: 'due to signal 11 (Segmentation fault)' },
    { end: { kind: 'signalled', signal: 64 }, words: 'due to signal 64 (Unknown signal 64)' },
  ] as const)('says $words', ({ end, words }) => {
    expect(builderFailure(drvPath, end, { isFixedOutput: false, lastLines: [] })).toEqual({
      status: 'permanent-failure',
      message: `builder for '${drvPath}' failed ${words}`,
    });
  });

  test('shows the last lines, and where the others are', () => {
    const context = { isFixedOutput: false, lastLines: ['one', 'two'] };
    expect(builderFailure(drvPath, { kind: 'exited', code: 1 }, context).message).toBe(
      `builder for '${drvPath}' failed with exit code 1;\nlast 2 log lines:\n> one\n> two\n` +
        `For full logs, run 'nix log ${drvPath}'.`,
    );
  });

  test('may go better next time when the build had the network', () => {
    const context = { isFixedOutput: true, lastLines: [] };
    const { status } = builderFailure(drvPath, { kind: 'exited', code: 1 }, context);
    expect(status).toBe('transient-failure');
  });
});

test.each([
  { failure: timedOut(drvPath, 5), status: 'timed-out', words: 'timed out after 5 seconds' },
  {
    failure: silentFor(drvPath, 5),
    status: 'timed-out',
    words: 'timed out after 5 seconds of silence',
  },
  {
    failure: logTooLong(drvPath, 5),
    status: 'log-limit-exceeded',
    words: 'killed after writing more than 5 bytes of log output',
  },
])('a broken limit says: $words', ({ failure, status, words }) => {
  expect(failure).toEqual({ status, message: `building of '${drvPath}' ${words}` });
});
