import { statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { TenonError } from '../../../src/base/errors.ts';
import { Aborted, packError, unpackError } from '../../../src/store/trees/carried-error.ts';

/** What a thread receives of what another one posts. */
function carry(error: unknown, abortReason?: unknown): unknown {
  return unpackError(structuredClone(packError(error)), abortReason);
}

describe('packError and unpackError', () => {
  test('keep all of a TenonError', () => {
    const error = new TenonError('area/what', 'Cannot', { hint: 'Do', check: 'a.check' });
    const carried = carry(error);

    expect(carried).toBeInstanceOf(TenonError);
    expect(carried).toMatchObject({
      code: 'area/what',
      message: 'Cannot',
      hint: 'Do',
      check: 'a.check',
    });
  });

  test('keep all that is known of a refusal of the system', () => {
    let refusal: unknown;
    try {
      statSync('/nowhere');
    } catch (error) {
      refusal = error;
    }

    expect(carry(refusal)).toMatchObject({
      code: 'ENOENT',
      syscall: 'stat',
      path: '/nowhere',
      message: "ENOENT: no such file or directory, stat '/nowhere'",
    });
  });

  test('keep the stack of a bug', () => {
    const bug = new TypeError('x is not a function');

    expect(carry(bug)).toMatchObject({ message: 'x is not a function', stack: bug.stack });
  });

  test('give the reason of an abort', () => {
    const reason = new Error('the client is gone');

    expect(carry(new Aborted(), reason)).toBe(reason);
  });
});
