import { knownCaches } from '../config/caches.ts';
import type { SetupName, Shell } from '../config/setup-settings.ts';
import { flagOf, flawOfSetting, formatSetting } from '../config/setup-settings.ts';
import { describeExisting, isForeign } from '../setup/existing.ts';
import { listModes } from '../setup/modes.ts';
import { startUpFiles } from '../setup/shell-steps.ts';
import { findUserShellFiles } from '../setup/user-shells.ts';
import type { Choice } from '../ui/ask.ts';
import { choose, chooseMany, enter } from '../ui/ask.ts';
import { cancelled } from '../ui/errors.ts';
import type { CommandContext } from './command.ts';
import type { Look, Surroundings } from './look.ts';
import { withFlags } from './look.ts';
import type { Prospect } from './prospect.ts';

/** Asks how tenon is to serve this host, unless that was said. A mode that is impossible is shown with the reason. */
export async function askMode(
  context: CommandContext,
  around: Surroundings,
): Promise<Surroundings> {
  if (!isOpen(around, 'mode')) return around;
  const modes = listModes(around);
  if (modes.every(({ obstacle }) => obstacle !== undefined)) return around;
  const mode = await choose(context, {
    message: 'Mode:',
    flag: '--mode',
    choices: modes.map(({ mode: value, name, about, obstacle: disabled }) => ({
      value,
      name: `${name}, ${about}`,
      short: name,
      disabled,
    })),
  });
  return withFlags(around, { mode });
}

/** Asks everything else, one screen each; `prospect` is what would happen without an answer. */
export async function askTheRest(
  context: CommandContext,
  around: Surroundings,
  { look, prospect }: { readonly look: Look; readonly prospect: Prospect },
): Promise<Surroundings> {
  const settled = await askExisting(context, around, look);
  const hasAccounts = settled.settings.mode.value !== 'user';
  const withUsers = hasAccounts ? await askUsers(context, settled, prospect) : settled;
  return await askCaches(context, await askShells(context, withUsers));
}

/** Whether nobody said anything of it yet. */
function isOpen({ settings }: Surroundings, name: SetupName): boolean {
  return ['default', 'detected'].includes(settings[name].source);
}

async function askExisting(
  context: CommandContext,
  around: Surroundings,
  { existing }: Look,
): Promise<Surroundings> {
  if (!isForeign(existing) || !isOpen(around, 'existing')) return around;
  const answer = await choose(context, {
    message: `Here already: ${describeExisting(existing)}.`,
    flag: '--existing',
    choices: [
      {
        value: 'adopt',
        name: 'adopt it: the store, its accounts and nix.conf stay',
        short: 'adopt',
      },
      {
        value: 'replace',
        name: 'replace nix.conf until uninstall: the store and its accounts stay',
        short: 'replace nix.conf',
      },
      { value: 'stop', name: 'stop here' },
    ],
  });
  if (answer === 'stop') throw cancelled();
  return withFlags(around, { existing: answer });
}

async function askUsers(
  context: CommandContext,
  around: Surroundings,
  { described }: Prospect,
): Promise<Surroundings> {
  if (!isOpen(around, 'users.base')) return around;
  const { settings } = around;
  const base = Number(described.settings.find(({ name }) => name === 'users.base')?.value);
  const count = settings['users.count'].value;
  const answer = await choose(context, {
    message: 'Accounts that builds run as:',
    flag: '--users-base',
    choices: [
      {
        value: 'take',
        name: usersText(settings['users.prefix'].value, base, count),
        short: `ids from ${base} to ${base + count}`,
      },
      { value: 'change', name: 'other ids' },
    ],
  });
  if (answer === 'take') return around;
  const first = await enter(context, {
    message: `The group's id, which the ids of ${count} users follow:`,
    flag: '--users-base',
    preset: `${base}`,
    flawOf: text => flawOfSetting('users.base', text),
  });
  return withFlags(around, { 'users.base': first });
}

function usersText(prefix: string, base: number, count: number): string {
  return `group ${base}, users ${prefix}1 to ${prefix}${count} from ${base + 1} to ${base + count}`;
}

async function askShells(context: CommandContext, around: Surroundings): Promise<Surroundings> {
  if (!isOpen(around, 'shells')) return around;
  if (around.shells.length === 0) return around;
  const files = await listStartUpFiles(around);
  const answers = await chooseMany(context, {
    message: 'Shells that get the profiles:',
    flag: '--shells',
    preset: around.shells,
    choices: around.shells.map(shell => ({
      value: shell,
      name: `${shell === 'sh' ? 'sh and bash' : shell}: ${files[shell].join(', ')}`,
      short: shell,
    })),
  });
  return withFlags(around, { shells: formatSetting(answers) });
}

/** What changes for each shell. */
async function listStartUpFiles({
  tools: { host },
  installation: { user },
}: Surroundings): Promise<Readonly<Record<Shell, readonly string[]>>> {
  if (user === undefined) return startUpFiles;
  const { sh, zsh } = await findUserShellFiles(host, user);
  return { sh, bash: sh, zsh, fish: [user.fishProfile] };
}

const OTHER = 'other';

async function askCaches(context: CommandContext, around: Surroundings): Promise<Surroundings> {
  if (!isOpen(around, 'caches')) return around;
  const known: readonly Choice[] = knownCaches.map(({ url, publicKey }) => ({
    value: url,
    name: `${url}\n    signed by ${publicKey}`,
    short: url,
  }));
  const answers = await chooseMany(context, {
    message: 'Binary caches to take builds from:',
    flag: '--caches',
    preset: [],
    choices: [...known, { value: OTHER, name: 'others' }],
  });
  const chosen = answers.filter(answer => answer !== OTHER);
  const others = answers.includes(OTHER) ? [await enterCaches(context)] : [];
  const caches = [...chosen, ...others.filter(each => each !== formatSetting([]))];
  return withFlags(around, { caches: formatSetting(caches) });
}

async function enterCaches(context: CommandContext): Promise<string> {
  return await enter(context, {
    message: 'Each as https://HOST#NAME:KEY:',
    flag: `--${flagOf('caches')}`,
    preset: '',
    flawOf: text => flawOfSetting('caches', text),
  });
}
