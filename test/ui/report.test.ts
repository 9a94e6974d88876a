import { describe, expect, test } from '@jest/globals';
import type { ReportedResult } from '../../src/ui/report.ts';
import { commandLine, printReport, printSummary } from '../../src/ui/report.ts';
import { captureOutput } from '../support/captured-output.ts';

const PASS: ReportedResult = {
  id: 'sandbox.userns',
  group: 'sandbox',
  status: 'pass',
  summary: 'fine',
  evidence: [],
  cause: null,
  fixes: [],
  docs: 'tenon doctor --explain sandbox.userns',
};

const FOUND: ReportedResult = {
  id: 'sandbox.proc-masked',
  group: 'sandbox',
  status: 'error',
  summary: 'builds cannot mount /proc',
  evidence: [{ source: 'mountinfo', value: 'proc covers /proc/sys' }],
  cause: 'a container manager did it',
  fixes: [{ description: 'uncover it', commands: [['umount', '/proc/sys']] }],
  docs: 'tenon doctor --explain sandbox.proc-masked',
};

const SKIP: ReportedResult = {
  ...PASS,
  id: 'daemon.alive',
  group: 'daemon',
  status: 'skip',
  summary: 'not here',
};

describe('printReport', () => {
  test('shows a line for each group, and every detail of what was found', () => {
    const out = captureOutput();
    printReport([PASS, FOUND, SKIP], out);
    expect(out.stdout()).toBe(
      [
        'Sandbox     ! 1 problem   ok 1',
        '  x sandbox.proc-masked   builds cannot mount /proc',
        '      seen    mountinfo: proc covers /proc/sys',
        '      cause   a container manager did it',
        '      fix     uncover it',
        '              umount /proc/sys',
        '      more    tenon doctor --explain sandbox.proc-masked',
        'Daemon      skipped daemon.alive (not here)',
        '',
      ].join('\n'),
    );
  });

  test('sums up, the worst first', () => {
    const out = captureOutput();
    printSummary([PASS, FOUND, SKIP, PASS], out);
    expect(out.stdout()).toBe('1 error, 2 passed, 1 skipped\n');
  });
});

test.each([
  { argv: ['umount', '/proc/sys'], line: 'umount /proc/sys' },
  { argv: ['echo', "it's", ''], line: `echo 'it'\\''s' ''` },
])('commandLine quotes what a shell would split: $line', ({ argv, line }) => {
  expect(commandLine(argv)).toBe(line);
});
