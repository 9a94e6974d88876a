import { delimiter, join } from 'node:path';
import { isProgram, runInPlace } from '../host/run-in-place.ts';
import type { CommandContext, Environment } from './command.ts';
import { needsRoot } from './errors.ts';
import { tenonPath } from './program-folder.ts';

interface Wish {
  /** For messages: `tenon setup`. */
  readonly command: string;
  /** What tenon is to be started with. */
  readonly argv: readonly string[];
  readonly isAllowed: boolean;
}

/** What each program needs so as not to ask for a password where nobody could give one. */
const SILENT: Readonly<Record<string, readonly string[]>> = {
  sudo: ['-n'],
  doas: ['-n'],
  run0: ['--no-ask-password'],
};
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin'];
const PASSED_ON = /^(?:TENON_[A-Z0-9_]+|TERM|NO_COLOR|LANG|LC_[A-Z]+|SHELL)$/u;
const SAFE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs tenon again as root, and gives its exit status. Throws `cli/privileges` when there is no way to. */
export async function runAsRoot(context: CommandContext, wish: Wish): Promise<number> {
  const { env, out, signal } = context;
  const tool = wish.isAllowed ? findTool(env) : undefined;
  if (tool === undefined) throw needsRoot(wish.command);
  const silent = out.canAsk ? [] : (SILENT[tool.name] ?? []);
  const kept = Object.entries(env).flatMap(([name, value]) =>
    PASSED_ON.test(name) && value !== undefined ? [`${name}=${value}`] : [],
  );
  const means = { env: { PATH: SAFE_PATH, ...pick(env, ['TERM', 'LANG']) }, signal };
  const become = [tool.path, ...silent];
  if (!out.canAsk && (await runInPlace([...become, 'true'], means)) !== 0)
    throw needsRoot(wish.command);
  out.remark(`${wish.command} needs root; going on with ${tool.name}`);
  return await runInPlace([...become, 'env', ...kept, tenonPath, ...wish.argv], means);
}

function findTool({ PATH = '' }: Environment) {
  const folders = [...PATH.split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS];
  for (const name of Object.keys(SILENT)) {
    const path = folders.map(folder => join(folder, name)).find(isProgram);
    if (path !== undefined) return { name, path };
  }
  return undefined;
}

function pick(env: Environment, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
