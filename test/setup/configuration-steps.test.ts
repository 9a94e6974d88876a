import { describe, expect, test } from '@jest/globals';
import type { PlanInput } from '../../src/setup/plan.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { nixConf, planInput } from '../support/setup-plan.ts';

const CACHE = { url: 'https://cache.example.org', publicKey: 'key-1:abc=' };

function specOf(id: string, changes: Partial<PlanInput>): unknown {
  return planSteps(planInput(changes)).find(step => step.id === id)?.spec;
}

describe('nix.conf', () => {
  test('names no cache unless one was chosen', () => {
    expect(specOf('file:/etc/nix/nix.conf', {})).toMatchObject({
      text: expect.stringMatching(
        /\nbuild-users-group = nixbld\nsubstituters =\ntrusted-public-keys =\n$/,
      ),
    });
  });

  test('has the caches with their keys, and who may come in', () => {
    const text = expect.stringMatching(
      /\nsubstituters = https:\/\/cache\.example\.org\ntrusted-public-keys = key-1:abc=\nallowed-users = @staff\n$/,
    );
    const choices = { caches: [CACHE], accessGroup: 'staff' };
    expect(specOf('file:/etc/nix/nix.conf', choices)).toMatchObject({ text });
  });

  test('that is there already gets only what it lacks', () => {
    const choices = { nixConf: nixConf('nixbld'), caches: [CACHE], accessGroup: 'staff' };
    expect(specOf('block:/etc/nix/nix.conf', choices)).toEqual({
      file: '/etc/nix/nix.conf',
      lines: [
        'extra-substituters = https://cache.example.org',
        'extra-trusted-public-keys = key-1:abc=',
        'allowed-users = @staff',
      ],
    });
  });

  test('that has all of it is left alone', () => {
    const there = {
      ...nixConf('nixbld'),
      substituters: ['https://cache.example.org/'],
      trustedPublicKeys: ['key-1:abc='],
    };
    expect(specOf('block:/etc/nix/nix.conf', { nixConf: there, caches: [CACHE] })).toBeUndefined();
  });
});

describe('start-up files', () => {
  test.each([
    { shells: [], ids: [] },
    { shells: ['sh'], ids: ['file:/etc/profile.d/tenon.sh'] },
    { shells: ['bash', 'sh'], ids: ['file:/etc/profile.d/tenon.sh'] },
    { shells: ['zsh'], ids: ['file:/etc/profile.d/tenon.sh', 'block:/etc/zsh/zprofile'] },
    { shells: ['fish'], ids: ['file:/etc/fish/conf.d/tenon.fish'] },
  ] as const)('for $shells are $ids', ({ shells, ids }) => {
    const steps = planSteps(planInput({ shells }));
    const files = steps.filter(({ group, kind }) => group === 'Shells' && kind !== 'directory');
    expect(files.map(({ id }) => id)).toEqual(ids);
  });
});
