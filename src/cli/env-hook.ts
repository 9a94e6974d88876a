import { join } from 'node:path';
import { storeLayout } from '../config/layout.ts';
import { BASHRC, installHook, readHook, uninstallHook } from '../env/apply-hook.ts';
import { type HookMode, type HookState, hookModes } from '../env/hook.ts';
import { createHost } from '../host/host.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { programFolder } from './program-folder.ts';
import { becomeInstaller } from './root.ts';

type Verb = (typeof VERBS)[number];

interface Options {
  readonly verb: Verb;
  readonly mode: HookMode;
  readonly json: boolean;
}

type Result =
  | { readonly verb: 'install' | 'remove'; readonly changed: boolean; readonly mode: HookMode }
  | { readonly verb: 'status'; readonly hook: HookState };

const NAME = 'env hook';
const VERBS = ['install', 'remove', 'status'] as const;
/** What the hook knows without being told. */
const KNOWN_STORE = '/nix/store';

const USAGE = [
  'tenon env hook install [--mode clean|warn|die]',
  'tenon env hook remove',
  'tenon env hook status [--json]',
  '',
  "  --mode clean   take foreign values out of each package's environment, and say so (the default)",
  '  --mode warn    only say so',
  '  --mode die     stop before the first package is unpacked',
  '',
  `The hook is a few lines in ${BASHRC}. It acts in the pretend and setup phases.`,
].join('\n');

export const envHook = defineCommand<Options, Result>({
  name: NAME,
  summary: 'Have Portage check the environment before each package.',
  usage: USAGE,
  parse: parseOptions,

  async run({ env }, { verb, mode }) {
    const host = createHost('/');
    if (verb === 'status') return { verb, hook: await readHook(host) };
    becomeInstaller(`tenon ${NAME} ${verb}`);
    if (verb === 'remove') return { verb, mode, changed: await uninstallHook(host) };
    const { storeDir } = storeLayout(env);
    const stores = storeDir === KNOWN_STORE ? [] : [storeDir];
    const file = join(programFolder, 'init/portage/env-hook.bash');
    return { verb, mode, changed: await installHook(host, { mode, file, stores }) };
  },

  render(result, out, { json }) {
    if (result.verb === 'status') {
      if (json) out.json({ schemaVersion: 1, file: BASHRC, ...result.hook });
      else out.line(statusText(result.hook));
      return;
    }
    if (!result.changed) out.line(`${BASHRC} is as it should be`);
    else if (result.verb === 'remove') out.line(`the hook is gone from ${BASHRC}`);
    else
      out.line(
        `Portage checks the environment before each package, mode ${result.mode} (${BASHRC})`,
      );
  },

  exitCode: result =>
    result.verb === 'status' && result.hook.state === 'broken' ? exitCodes.found : exitCodes.done,
});

function statusText(hook: HookState): string {
  switch (hook.state) {
    case 'absent':
      return `there is no hook in ${BASHRC}; "tenon env hook install" puts one there`;
    case 'installed':
      return `the hook is in ${BASHRC}, mode ${hook.mode}, from ${hook.file}`;
    case 'broken':
      return `the hook in ${BASHRC} does nothing: ${hook.why}`;
    default:
      return hook satisfies never;
  }
}

function parseOptions(argv: readonly string[]): Options {
  const { flags, names } = parseFlags(NAME, argv, {
    mode: { type: 'string', default: 'clean' },
    json: { type: 'boolean', default: false },
  });
  const verb = VERBS.find(each => each === names[0]);
  // "hook install portage" names the only thing there is to hook.
  const rest = names[1] === 'portage' ? names.slice(2) : names.slice(1);
  if (verb === undefined || rest.length > 0)
    throw usageError(`Cannot run tenon ${NAME}: it takes one of ${VERBS.join(', ')}`, NAME);
  const mode = hookModes.find(each => each === flags.mode);
  if (mode === undefined)
    throw usageError(
      `Cannot run tenon ${NAME}: --mode is "${flags.mode}", not one of ${hookModes.join(', ')}`,
      NAME,
    );
  return { verb, mode, json: flags.json };
}
