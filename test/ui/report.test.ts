import { describe, expect, test } from '@jest/globals';
import type { ReportedResult } from '../../src/ui/report.ts';
import { commandLine, printApplied, printReport, printSummary } from '../../src/ui/report.ts';
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
  fixes: [
    {
      class: 'C',
      description: 'uncover it',
      commands: [['umount', '/proc/sys']],
      reversible: true,
    },
  ],
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
        'Daemon      skipped 1',
        '  - daemon.alive   not here',
        '',
      ].join('\n'),
    );
  });

  test('offers to apply what tenon can do itself', () => {
    const out = captureOutput();
    const fix = { description: 'add them', commands: [['usermod']], reversible: true };
    printReport([{ ...FOUND, fixes: [{ ...fix, class: 'A' }] }], out);
    expect(out.stdout()).toContain(
      [
        '      fix     tenon doctor --fix sandbox.proc-masked   (reversible)',
        '              add them',
        '              usermod',
      ].join('\n'),
    );
  });

  test('keeps what it shows from moving the cursor', () => {
    const out = captureOutput();
    printReport([{ ...FOUND, summary: 'a \u001b[2J b' }], out);
    expect(out.stdout()).toContain('a ?[2J b');
  });

  test('sums up, the worst first', () => {
    const out = captureOutput();
    printSummary([PASS, FOUND, SKIP, PASS], out);
    expect(out.stdout()).toBe('1 error, 2 passed, 1 skipped\n');
  });
});

test('printApplied tells what was done, and the commands for what was not', () => {
  const out = captureOutput();
  const fix = { check: 'users.membership', description: 'add them', commands: [['usermod']] };
  printApplied(
    [
      { ...fix, state: 'applied', error: null },
      { ...fix, state: 'failed', error: 'locked' },
      { ...fix, state: 'planned', error: null },
    ],
    out,
  );
  expect(out.stdout()).toBe(
    [
      'fixed users.membership   add them',
      'not fixed users.membership   add them: locked',
      '  usermod',
      'would fix users.membership   add them',
      '  usermod',
      '',
      '',
    ].join('\n'),
  );
});

test.each([
  { argv: ['umount', '/proc/sys'], line: 'umount /proc/sys' },
  { argv: ['echo', "it's", ''], line: `echo 'it'\\''s' ''` },
])('commandLine quotes what a shell would split: $line', ({ argv, line }) => {
  expect(commandLine(argv)).toBe(line);
});
