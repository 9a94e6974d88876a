import { release } from 'node:os';
import { storeLayout } from '../config/layout.ts';
import { addToMakeConf, type MakeConfResult, removeFromMakeConf } from '../env/apply-make-conf.ts';
import { checkEnvironment, type EnvironmentReport } from '../env/check.ts';
import { planCleaning } from '../env/clean.ts';
import { variablesOf } from '../env/environment.ts';
import type { Scope } from '../env/findings.ts';
import { foreignPlaces } from '../env/foreign.ts';
import { followLinks } from '../env/links.ts';
import { namesForEnvUnset, shellCode, trackerText } from '../env/remedies.ts';
import { mayBeUnset, unwantedVariables } from '../env/variables.ts';
import { createHost, type Host } from '../host/host.ts';
import { currentIds } from '../host/store-files.ts';
import { printable } from '../ui/output.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { becomeInstaller } from './root.ts';

type Kind = 'shell' | 'make-conf' | 'report';

interface Options {
  readonly kind: Kind;
  readonly names: readonly string[];
  readonly all: boolean;
  readonly remove: boolean;
}

type Result =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'file'; readonly result: MakeConfResult; readonly removed: boolean }
  | { readonly kind: 'clean' };

const NAME = 'env fix';
const USAGE = [
  'tenon env fix --shell',
  'tenon env fix --make-conf [--all | --remove | NAME …]',
  'tenon env fix --report',
  '',
  '  --shell      print what makes this shell clean: eval "$(tenon env fix --shell)"',
  '  --make-conf  have Portage unset the names that were found, or those that are given (ENV_UNSET)',
  '  --all        every name that no build has a use for',
  '  --remove     take these lines out of make.conf again',
  "  --report     print a text for Gentoo's bug tracker",
].join('\n');

export const envFix = defineCommand<Options, Result>({
  name: NAME,
  summary: 'Take foreign values out of a shell, keep them from every emerge, or report them.',
  usage: USAGE,
  parse: parseOptions,

  async run(context, options) {
    const host = createHost('/');
    switch (options.kind) {
      case 'shell':
        return { kind: 'lines', lines: await cleanShell(host, context) };
      case 'report':
        return { kind: 'lines', lines: [await report(host, context)] };
      case 'make-conf':
        return await changeMakeConf(host, context, options);
      default:
        return options.kind satisfies never;
    }
  },

  render(result, out) {
    if (result.kind === 'lines') {
      for (const line of result.lines) out.line(line);
      return;
    }
    if (result.kind === 'clean') {
      out.line('nothing foreign reaches ebuilds from here, so there is no name to add');
      return;
    }
    const { file, changed, names } = result.result;
    if (!changed) out.line(`${file} is as it should be`);
    else if (result.removed) out.line(`tenon's lines are gone from ${file}`);
    else out.line(`Portage unsets these from now on, by ${file}:\n  ${names.join(' ')}`);
  },
});

function parseOptions(argv: readonly string[]): Options {
  const { flags, names } = parseFlags(NAME, argv, {
    shell: { type: 'boolean', default: false },
    'make-conf': { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    remove: { type: 'boolean', default: false },
  });
  const kinds = (['shell', 'make-conf', 'report'] as const).filter(kind => flags[kind]);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw usageError(
      `Cannot run tenon ${NAME}: it takes one of --shell, --make-conf, --report`,
      NAME,
    );
  const isForMakeConf = flags.all || flags.remove || names.length > 0;
  if (isForMakeConf && kind !== 'make-conf')
    throw usageError(
      `Cannot run tenon ${NAME}: names, --all and --remove go with --make-conf`,
      NAME,
    );
  if (Number(flags.all) + Number(flags.remove) + Number(names.length > 0) > 1)
    throw usageError(`Cannot run tenon ${NAME}: it takes one of names, --all and --remove`, NAME);
  const strange = names.find(name => !mayBeUnset(name));
  if (strange !== undefined)
    throw usageError(
      `Cannot run tenon ${NAME}: "${printable(strange)}" is no name for ENV_UNSET`,
      NAME,
    );
  return { kind, names, all: flags.all, remove: flags.remove };
}

async function look(host: Host, context: CommandContext, scope: Scope): Promise<EnvironmentReport> {
  const { env, signal } = context;
  return await checkEnvironment(
    host,
    { pid: process.pid, uid: currentIds().uid, env, signal },
    { scope },
  );
}

/** Only what does harm: a profile at the end of PATH is there on purpose. */
async function cleanShell(host: Host, context: CommandContext): Promise<readonly string[]> {
  const { findings } = await look(host, context, 'any');
  const harmful = new Set(
    findings.filter(({ severity }) => severity !== 'hint').map(({ variable }) => variable),
  );
  const variables = variablesOf(context.env);
  const { targets } = await followLinks(host, [variables]);
  const changes = planCleaning(variables, foreignPlaces(storeLayout(context.env)), targets);
  return shellCode(changes.filter(({ name }) => harmful.has(name)));
}

async function report(host: Host, context: CommandContext): Promise<string> {
  const profile = (await host.readLink('/etc/portage/make.profile')) ?? 'unknown';
  const { name } = await host.readDistro();
  const words = { profile, system: `${name}, Linux ${release()}` };
  return printable(trackerText(await look(host, context, 'emerge'), words));
}

async function changeMakeConf(
  host: Host,
  context: CommandContext,
  { names, all, remove }: Options,
): Promise<Result> {
  becomeInstaller(`tenon ${NAME} --make-conf`);
  if (remove) return { kind: 'file', result: await removeFromMakeConf(host), removed: true };
  const found = async () => namesForEnvUnset((await look(host, context, 'emerge')).findings);
  const wanted = all ? unwantedVariables : names.length > 0 ? names : await found();
  if (wanted.length === 0) return { kind: 'clean' };
  return { kind: 'file', result: await addToMakeConf(host, wanted), removed: false };
}
