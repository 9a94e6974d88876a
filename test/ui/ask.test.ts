import { expect, test } from '@jest/globals';
import { choose, confirm } from '../../src/ui/ask.ts';
import { captureOutput } from '../support/captured-output.ts';

test.each([
  { name: 'confirm', ask: confirm },
  { name: 'choose', ask: (...args: Parameters<typeof confirm>) => choose(...args, []) },
])('$name names the flag where nobody can be asked', async ({ ask }) => {
  await expect(ask(captureOutput(), { message: 'Go on?', flag: '--yes' })).rejects.toMatchObject({
    code: 'ui/no-terminal',
    hint: 'Give --yes on the command line',
  });
});
