import { expect, test } from '@jest/globals';
import { choose, chooseMany, confirm, decide, enter } from '../../src/ui/ask.ts';
import { captureOutput } from '../support/captured-output.ts';

const asking = { out: captureOutput(), signal: new AbortController().signal };
const question = { message: 'Go on?', flag: '--yes', choices: [] };

test.each([
  { name: 'confirm', ask: () => confirm(asking, question) },
  { name: 'choose', ask: () => choose(asking, question) },
  { name: 'chooseMany', ask: () => chooseMany(asking, { ...question, preset: [] }) },
  { name: 'enter', ask: () => enter(asking, { ...question, preset: '', flawOf: () => undefined }) },
  { name: 'decide', ask: () => decide(asking, question) },
])('$name names the flag where nobody can be asked', async ({ ask }) => {
  await expect(ask()).rejects.toMatchObject({
    code: 'ui/no-terminal',
    hint: 'Give --yes on the command line',
  });
});
