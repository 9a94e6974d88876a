import { expect, test } from '@jest/globals';
import type { Threshold } from '../../src/doctor/report.ts';
import { makeReport } from '../../src/doctor/report.ts';
import type { CheckResult, Status } from '../../src/doctor/run.ts';

function reportOf(statuses: readonly Status[], failOn: Threshold) {
  const checks = statuses.map(status => ({ status }) as CheckResult);
  return makeReport({
    tool: '1',
    host: { distro: 'x', init: 'none' },
    checks,
    applied: [],
    failOn,
  });
}

test.each([
  { statuses: ['pass', 'skip', 'hint'], failOn: 'warn', exitCode: 0 },
  { statuses: ['pass', 'warn'], failOn: 'error', exitCode: 0 },
  { statuses: ['pass', 'warn'], failOn: 'warn', exitCode: 1 },
  { statuses: ['error'], failOn: 'error', exitCode: 1 },
  { statuses: ['error'], failOn: 'warn', exitCode: 1 },
  { statuses: ['crash'], failOn: 'error', exitCode: 1 },
] as const)('$statuses with --fail-on $failOn ends with $exitCode', row => {
  expect(reportOf(row.statuses, row.failOn).exitCode).toBe(row.exitCode);
});

test('the summary counts every status', () => {
  expect(reportOf(['pass', 'pass', 'skip', 'error'], 'error').summary).toEqual({
    pass: 2,
    hint: 0,
    warn: 0,
    error: 1,
    skip: 1,
    crash: 0,
  });
});
