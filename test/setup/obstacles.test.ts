import { describe, expect, test } from '@jest/globals';
import { bindStep } from '../../src/setup/actions.ts';
import { findObstacles } from '../../src/setup/obstacles.ts';
import { planSteps } from '../../src/setup/plan.ts';
import type { Survey } from '../../src/setup/run.ts';
import { planInput } from '../support/setup-plan.ts';

const PROGRAMS = {
  groupadd: '/sbin/groupadd',
  useradd: '/sbin/useradd',
  usermod: '/sbin/usermod',
  userdel: '/sbin/userdel',
  groupdel: '/sbin/groupdel',
  nologin: '/sbin/nologin',
};

const HEALTHY = {
  init: 'systemd',
  isLive: true,
  uid: 0,
  mode: 'multi',
  facts: { programs: PROGRAMS },
  surveys: [],
  preflight: [{ id: 'sandbox.userns', status: 'pass', summary: 'fine' }],
  hasStrangeDaemon: false,
} as const;

function surveys(inspection: Survey['inspection']): readonly Survey[] {
  return planSteps(planInput()).map(step => ({ step, action: bindStep(step), inspection }));
}

const TODO = surveys({ state: 'todo', change: 'create', undo: {} });

describe('findObstacles', () => {
  test('finds none on a healthy host', () => {
    expect(findObstacles({ ...HEALTHY, surveys: TODO })).toEqual([]);
  });

  test.each([
    { what: 'no init system', look: { init: 'none' as const }, obstacle: 'neither systemd' },
    {
      what: 'a mode for hosts without an init system',
      look: { mode: 'container' as const },
      obstacle: 'systemd runs here',
    },
    { what: 'another daemon', look: { hasStrangeDaemon: true }, obstacle: 'another daemon' },
    {
      what: 'no useradd',
      look: { surveys: TODO, facts: { programs: { ...PROGRAMS, useradd: undefined } } },
      obstacle: 'the programs useradd are missing',
    },
    {
      what: 'something in the way',
      look: { surveys: surveys({ state: 'conflict', reason: '/nix is a file' }).slice(0, 1) },
      obstacle: '/nix is a file',
    },
    {
      what: 'a check that fails',
      look: { preflight: [{ id: 'sandbox.userns', status: 'error', summary: 'refused' }] },
      obstacle: 'refused, see "tenon doctor sandbox.userns"',
    },
  ])('names $what', ({ look, obstacle }) => {
    expect(findObstacles({ ...HEALTHY, ...look })).toEqual([expect.stringContaining(obstacle)]);
  });

  test('does not mind what is wrong with the environment of its caller', () => {
    const preflight = [{ id: 'env.poison.loader', status: 'error', summary: 'poisoned' }];
    expect(findObstacles({ ...HEALTHY, preflight })).toEqual([]);
  });

  test('does not ask for programs when no account is to be made', () => {
    const programs = { ...PROGRAMS, useradd: undefined };
    expect(findObstacles({ ...HEALTHY, facts: { programs } })).toEqual([]);
  });
});
