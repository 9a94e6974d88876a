import { describe, expect, test } from '@jest/globals';
import { runCommand, splitGlobals } from '../../src/cli/cli.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { captureOutput } from '../support/captured-output.ts';

async function run(...argv: readonly string[]) {
  const out = captureOutput();
  const context = { env: {}, signal: new AbortController().signal, out };
  try {
    return { status: await runCommand(context, argv), stdout: out.stdout() };
  } catch (error) {
    return { status: exitCodeOf(error), error };
  }
}

describe('the command line', () => {
  test('tells the version', async () => {
    expect(await run('--version')).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^tenon \d/),
    });
  });

  test('lists its commands', async () => {
    const { stdout } = await run('--help');
    for (const name of [
      'plan',
      'setup',
      'upgrade',
      'rollback',
      'uninstall',
      'doctor',
      'env',
      'daemon',
      'start',
    ])
      expect(stdout).toContain(`  ${name} `);
  });

  test.each([
    'plan',
    'setup',
    'upgrade',
    'rollback',
    'uninstall',
    'doctor',
    'env',
    'daemon',
    'start',
  ])('%s has a help text and changes nothing for it', async name => {
    expect(await run(name, '--help')).toEqual({
      status: 0,
      stdout: expect.stringContaining(`tenon ${name}`),
    });
  });

  test.each([
    { argv: [], flaw: 'no command' },
    { argv: ['frobnicate'], flaw: '"frobnicate"' },
    { argv: ['plan', '--yes'], flaw: '"--yes"' },
    { argv: ['plan', 'now'], flaw: '"now"' },
    { argv: ['setup', '--yes=maybe'], flaw: '--yes' },
    { argv: ['setup', '--resume', '--rollback'], flaw: '--rollback' },
    { argv: ['setup', '--json', '--events'], flaw: '--events' },
    { argv: ['setup', '--plan', 'x', '--mode', 'multi'], flaw: '--plan and a setting' },
    { argv: ['setup', '--users-base'], flaw: '--users-base' },
    { argv: ['uninstall', '--purge'], flaw: '"--purge"' },
    { argv: ['doctor', 'no.such-check'], flaw: '"no.such-check"' },
    { argv: ['doctor', '--explain'], flaw: '--explain' },
    { argv: ['start', 'a', 'b'], flaw: '"b"' },
    { argv: ['daemon', '--port', '1'], flaw: '"--port"' },
  ])('refuses $argv with status 2, naming $flaw', async ({ argv, flaw }) => {
    expect(await run(...argv)).toEqual({
      status: 2,
      error: expect.objectContaining({
        code: 'cli/usage',
        message: expect.stringContaining(flaw),
        hint: expect.stringContaining('--help'),
      }),
    });
  });
});

describe('what every command understands', () => {
  test.each([
    { words: ['plan', '--no-color'], argv: ['plan'], isVerbose: false, isPlain: true },
    { words: ['--verbose', 'plan'], argv: ['plan'], isVerbose: true, isPlain: false },
    {
      words: ['run', '--', 'x', '--no-color'],
      argv: ['run', '--', 'x', '--no-color'],
      isVerbose: false,
      isPlain: false,
    },
  ])('is taken out of $words', ({ words, ...globals }) => {
    expect(splitGlobals(words)).toEqual(globals);
  });
});
