import { expect, test } from '@jest/globals';
import { printPlan } from '../../src/ui/plan.ts';
import { captureOutput } from '../support/captured-output.ts';

const HOST = { distro: 'Gentoo Linux', init: 'openrc' };

function create(kind: string, title: string) {
  return { kind, group: 'Accounts', action: 'create', title, reason: `a ${kind}`, undo: 'Undo it' };
}

test('a plan shows what changes, long rows cut short', () => {
  const out = captureOutput();
  printPlan(
    {
      host: HOST,
      settings: [
        { name: 'users.base', value: 31_000, source: 'detected', default: 30_000 },
        { name: 'users.count', value: 32, source: 'file', default: 32 },
      ],
      steps: [
        create('group', 'Create group nixbld'),
        ...[1, 2, 3, 4].map(number => create('user', `Create user nixbld${number}`)),
        { kind: 'file', group: 'Files', action: 'none', title: '/etc/x', reason: 'x', undo: '' },
      ],
      obstacles: ['no init system runs'],
    },
    out,
  );
  expect(out.stdout()).toBe(
    [
      'tenon setup  ·  Gentoo Linux  ·  openrc',
      'users.base = 31000  detected',
      '',
      'Accounts',
      '  Create group nixbld   a group',
      '  Create user nixbld1   a user',
      '  … 2 more',
      '  Create user nixbld4',
      '',
      'Blocked',
      '  no init system runs',
      '',
    ].join('\n'),
  );
});

test('a plan without changes says so', () => {
  const out = captureOutput();
  printPlan({ host: HOST, settings: [], steps: [], obstacles: [] }, out);
  expect(out.stdout()).toContain('Nothing to do: this host is set up.');
});
