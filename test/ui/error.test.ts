import { describe, expect, test } from '@jest/globals';
import { TenonError } from '../../src/base/errors.ts';
import { printError } from '../../src/ui/error.ts';
import { captureOutput } from '../support/captured-output.ts';

describe('printError', () => {
  test('says what, what to do, and which check explains it', () => {
    const out = captureOutput();
    const details = { hint: 'Try again', check: 'daemon.alive' };
    printError(new TenonError('setup/x', 'Cannot do x: it is late', details), out, false);
    expect(out.stderr()).toBe(
      [
        'error: Cannot do x: it is late',
        '  hint   Try again',
        '  check  tenon doctor daemon.alive',
        '  code   setup/x',
        '',
      ].join('\n'),
    );
  });

  test('shows the stack of a bug', () => {
    const out = captureOutput();
    printError(new RangeError('impossible'), out, false);
    expect(out.stderr()).toContain('error.test.ts');
  });

  test('shows the causes when asked to', () => {
    const out = captureOutput();
    const cause = Object.assign(new Error('connect ENOENT'), { code: 'ENOENT' });
    printError(new TenonError('client/x', 'Cannot connect', { cause }), out, true);
    expect(out.stderr()).toContain('connect ENOENT');
  });
});
