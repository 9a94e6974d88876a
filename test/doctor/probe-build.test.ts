import { expect, test } from '@jest/globals';
import { isSandboxed, parseBuilderStatus } from '../../src/doctor/probe-build.ts';

const STATUS = 'Name:\twitness\nPid:\t1\nPPid:\t0\nUid:\t1000\t1000\t1000\t1000\nSeccomp:\t2\n';

test('the status of a builder tells a sandbox', () => {
  const status = parseBuilderStatus(STATUS);
  expect(status).toEqual({ pid: '1', uid: '1000', seccomp: '2' });
  expect(isSandboxed(status)).toBe(true);
});

test.each([
  { flaw: 'another pid', change: { pid: '812' } },
  { flaw: 'root', change: { uid: '0' } },
  { flaw: 'no filter', change: { seccomp: '0' } },
  { flaw: 'an empty file', change: { pid: '', uid: '', seccomp: '' } },
])('$flaw is no sandbox', ({ change }) => {
  expect(isSandboxed({ ...parseBuilderStatus(STATUS), ...change })).toBe(false);
});
