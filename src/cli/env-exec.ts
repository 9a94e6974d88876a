import { join } from 'node:path';
import { storeLayout } from '../config/layout.ts';
import { type Change, planCleaning } from '../env/clean.ts';
import { parseEnviron, type Variables, variablesOf } from '../env/environment.ts';
import { foreignPlaces } from '../env/foreign.ts';
import { followLinks } from '../env/links.ts';
import { createHost, type Host } from '../host/host.ts';
import { replaceProcess } from '../host/replace-process.ts';
import type { Environment } from './command.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { programFolder } from './program-folder.ts';

const NAME = 'env exec';

/** Becomes the command, so there is no result to show. */
export const envExec = defineCommand<readonly string[], never>({
  name: NAME,
  summary:
    'Run a command without what is foreign in its environment: lists lose their foreign parts, defaults come back.',
  usage: 'tenon env exec --clean -- COMMAND [ARGUMENT …]',

  parse(argv) {
    const { flags, names } = parseFlags(NAME, argv, { clean: { type: 'boolean', default: false } });
    if (!flags.clean) throw usageError(`Cannot run tenon ${NAME}: --clean is missing`, NAME);
    if (names.length === 0) throw usageError(`Cannot run tenon ${NAME}: no command is given`, NAME);
    return names;
  },

  async run({ env }, command) {
    const host = createHost('/');
    const variables = await readOwnVariables(host, env);
    const { targets } = await followLinks(host, [variables]);
    const changes = planCleaning(variables, foreignPlaces(storeLayout(env)), targets);
    const cleaned = new Map(variables);
    for (const { name, value } of [...changes, ...(await ownTraces(host, env))]) {
      if (value === undefined) cleaned.delete(name);
      else cleaned.set(name, value);
    }
    return replaceProcess(command.map(asBytes), cleaned);
  },

  render: () => undefined,
});

/** As the kernel has them: Node changes bytes that are no UTF-8, and what is not foreign has to stay as it is. */
async function readOwnVariables(host: Host, env: Environment): Promise<Variables> {
  const text = await host.readText('/proc/self/environ').catch(() => undefined);
  if (text !== undefined) return parseEnviron(text);
  return new Map([...variablesOf(env)].map(([name, value]) => [asBytes(name), asBytes(value)]));
}

function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The launcher's own variable, which would have every node of a build write into tenon's folder. */
async function ownTraces(
  host: Host,
  { NODE_COMPILE_CACHE }: Environment,
): Promise<readonly Change[]> {
  const own = join(programFolder, 'build/compile-cache');
  const isOwn =
    NODE_COMPILE_CACHE !== undefined && (await host.isSameFile(NODE_COMPILE_CACHE, own)) === true;
  return isOwn ? [{ name: 'NODE_COMPILE_CACHE', value: undefined }] : [];
}
