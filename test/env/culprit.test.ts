import { describe, expect, test } from '@jest/globals';
import { type Ancestor, findCulprit } from '../../src/env/culprit.ts';
import { foreignPlaces } from '../../src/env/foreign.ts';

const places = foreignPlaces({ storeDir: '/nix/store', profilesDir: '/nix/var/nix/profiles' });
const PART = '/nix/store/a-qt/plugins';
const KONSOLE = '/nix/store/b-konsole/bin/.konsole-wrapped';

function process(pid: number, program: string | undefined, value?: string | 'hidden'): Ancestor {
  const variables = new Map(value === undefined ? [] : [['QT_PLUGIN_PATH', value]]);
  return {
    pid,
    name: `name${pid}`,
    program,
    variables: value === 'hidden' ? undefined : variables,
  };
}

const culprit = (...chain: readonly Ancestor[]) =>
  findCulprit(chain, 'QT_PLUGIN_PATH', [PART], places);

describe('findCulprit', () => {
  test('names the wrapped program that the value came with', () => {
    expect(
      culprit(
        process(4, '/usr/bin/node', PART),
        process(3, '/bin/bash', `${PART}:/usr/lib/qt`),
        process(2, KONSOLE, PART),
        process(1, '/usr/bin/plasma'),
      ),
    ).toEqual({ pid: 2, name: 'konsole', program: KONSOLE, how: 'wrapped' });
  });

  test('names a program from a store that set it for its children', () => {
    expect(culprit(process(3, '/bin/bash', PART), process(2, KONSOLE))).toEqual({
      pid: 2,
      name: 'konsole',
      program: KONSOLE,
      how: 'wrapped',
    });
  });

  test('names the shell that exported it', () => {
    expect(culprit(process(3, '/usr/bin/node', PART), process(2, '/bin/bash'))).toMatchObject({
      pid: 2,
      name: 'bash',
      how: 'set',
    });
  });

  test.each([
    { case: 'is hidden', above: [process(2, undefined, 'hidden')] },
    { case: 'has gone', above: [] },
  ])('says where the trail ends when the parent $case', ({ above }) => {
    expect(culprit(process(3, '/bin/bash', PART), ...above)).toMatchObject({
      pid: 3,
      how: 'inherited',
    });
  });

  test('names nobody when no process has it', () => {
    expect(culprit(process(3, '/bin/bash'))).toBeUndefined();
    expect(culprit()).toBeUndefined();
  });
});
