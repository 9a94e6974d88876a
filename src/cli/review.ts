import { resolve } from 'node:path';
import { hostNames } from '../config/layout.ts';
import { flagOf, formatSetting, setupNames } from '../config/setup-settings.ts';
import { editsOf } from '../setup/run.ts';
import { decide, enter } from '../ui/ask.ts';
import { printDiffs, printExplained, printOutline } from '../ui/plan.ts';
import { commandLine } from '../ui/report.ts';
import type { CommandContext } from './command.ts';
import type { Surroundings } from './look.ts';
import { savePlan } from './plan-file.ts';
import { programFolder, tenonPath } from './program-folder.ts';
import type { Prospect } from './prospect.ts';

/** Shows the plan and asks until it is to be applied, or not. */
export async function isAccepted(
  context: CommandContext,
  prospect: Prospect,
  around: Surroundings,
): Promise<boolean> {
  const { out } = context;
  const shown = { ...prospect.described, obstacles: [] };
  out.line();
  printOutline(shown, out);
  out.line('The same without questions:');
  for (const line of wrapCommand(equivalentCommand(around), out.columns)) out.line(line);
  for (;;) {
    const answer = await decide(context, {
      message: 'Do this?',
      flag: '--yes',
      choices: [
        { value: 'y', name: 'Yes, apply it' },
        { value: 'n', name: 'No, change nothing' },
        { value: 'd', name: 'Show what changes in files' },
        { value: 'e', name: 'Explain each step, and how it is undone' },
        { value: 's', name: 'Save the plan to a file' },
      ],
    });
    if (answer === 'y' || answer === 'n') return answer === 'y';
    if (answer === 'd') printDiffs(editsOf(prospect.surveys), out);
    if (answer === 'e') printExplained(shown, out);
    if (answer === 's') await save(context, prospect);
  }
}

async function save(context: CommandContext, prospect: Prospect): Promise<void> {
  const file = await enter(context, {
    message: 'Save the plan to:',
    flag: '--out',
    preset: 'tenon-plan.json',
    flawOf: text => (text.trim() === '' ? 'Name a file' : undefined),
  });
  await savePlan(prospect, file);
  context.out.line(`Saved. Apply it with: tenon setup --plan ${commandLine([resolve(file)])}`);
}

/** What to type for the same setup without a question. */
function equivalentCommand({
  settings,
  tools,
  isStarted,
}: Surroundings): readonly (readonly string[])[] {
  const given = setupNames.filter(name => ['flag', 'env'].includes(settings[name].source));
  const flags = given.map(name => [`--${flagOf(name)}`, formatSetting(settings[name].value)]);
  const { root } = tools.host;
  const isInstalled = programFolder === hostNames.programDir;
  const program = isInstalled ? 'tenon' : tenonPath;
  const target = root === '/' ? [] : [['--root', root]];
  const how = isStarted ? [] : [['--no-start']];
  return [[program, 'setup', '--yes'], ...target, ...how, ...flags];
}

/** As lines of a shell that are one command: words that belong together stay together. */
function wrapCommand(words: readonly (readonly string[])[], columns: number): readonly string[] {
  const lines = [''];
  for (const word of words.map(commandLine)) {
    const last = lines.at(-1) ?? '';
    const isFull = last !== '' && `${last} ${word}`.length + ROOM > columns;
    if (isFull) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  const end = (index: number) => (index === lines.length - 1 ? '' : ' \\');
  return lines.map((line, index) => `${index === 0 ? '  ' : '    '}${line}${end(index)}`);
}

/** For the indentation and the backslash. */
const ROOM = 6;
