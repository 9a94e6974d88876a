import { messageOf } from '../base/errors.ts';
import type { Host } from '../host/host.ts';
import { parseEnviron, type Variables } from './environment.ts';
import { noLogin } from './errors.ts';
import type { Source } from './findings.ts';

/** Who asks, and with what. */
export interface Caller {
  readonly uid: number;
  readonly variables: Variables;
  readonly signal: AbortSignal;
}

/** Start-up files may print; what counts begins behind this. */
const MARK = 'tenon-environment';
const COMMAND = `printf '\\0${MARK}\\0'; exec env -0`;
/** Start-up files may wait for somebody who is not there. */
const PATIENCE_MS = 10_000;

/** The variables that a login of `user` starts with. Throws `env/no-login` where that cannot be tried. */
export async function readLogin(host: Host, user: string, caller: Caller): Promise<Source> {
  const { stdout } = await host.run(['getent', 'passwd', '--', user], { accept: [0, 2] });
  const [name, , uid, , , home = '/', shell = ''] = stdout.trim().split(':');
  if (name === undefined || uid === undefined) throw noLogin(user, 'there is no such user');
  const isOwn = Number(uid) === caller.uid;
  if (caller.uid !== 0 && !isOwn) throw noLogin(user, 'only root can log in as somebody else');
  const argv =
    caller.uid === 0 ? ['su', '-', name, '-c', COMMAND] : [shell || '/bin/sh', '-l', '-c', COMMAND];
  const env = { HOME: home, USER: name, LOGNAME: name, SHELL: shell, TERM: 'dumb' };
  try {
    return asSource(`login ${name}`, await ask(host, argv, { env, signal: caller.signal }));
  } catch (error) {
    caller.signal.throwIfAborted();
    throw noLogin(user, messageOf(error));
  }
}

export interface RootSources {
  readonly sources: readonly Source[];
  /** Ways to become root that could not be looked at. */
  readonly skipped: readonly string[];
}

/** What root's emerge would get: each way from this session to root keeps other variables. */
export async function readWaysToRoot(host: Host, caller: Caller): Promise<RootSources> {
  const ways = await Promise.all([
    plainSu(caller),
    loginOfRoot(host, caller),
    wrapper(host, 'sudo', caller),
    wrapper(host, 'doas', caller),
  ]);
  return {
    sources: ways.flatMap(way => ('skipped' in way ? [] : [way])),
    skipped: ways.flatMap(way => ('skipped' in way ? [way.skipped] : [])),
  };
}

type Way = Source | { readonly skipped: string };

/** su(1) without a dash changes only these. */
const CHANGED_BY_SU = ['HOME', 'SHELL', 'USER', 'LOGNAME'];

async function plainSu({ variables }: Caller): Promise<Way> {
  const kept = [...variables].filter(([name]) => !CHANGED_BY_SU.includes(name));
  return asSource('su', new Map(kept));
}

async function loginOfRoot(host: Host, caller: Caller): Promise<Way> {
  if (caller.uid !== 0) return { skipped: 'su -: only root can try it without a password' };
  try {
    return { ...(await readLogin(host, 'root', caller)), name: 'su -' };
  } catch (error) {
    caller.signal.throwIfAborted();
    return { skipped: `su -: ${messageOf(error)}` };
  }
}

/** sudo and doas are asked with the session's own variables, and never for a password. */
async function wrapper(host: Host, name: string, { variables, signal }: Caller): Promise<Way> {
  try {
    const env = Object.fromEntries(variables);
    return asSource(name, await ask(host, [name, '-n', 'sh', '-c', COMMAND], { env, signal }));
  } catch (error) {
    signal.throwIfAborted();
    return { skipped: `${name}: ${messageOf(error)}` };
  }
}

interface Asking {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function ask(
  host: Host,
  argv: readonly string[],
  { env, signal }: Asking,
): Promise<Variables> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const { stdout } = await host.run(argv, { env, signal: limit });
  const [, text] = stdout.split(`\0${MARK}\0`);
  if (text === undefined) throw new Error(`"${argv[0]}" started no shell that answers`);
  return parseEnviron(text);
}

function asSource(name: string, variables: Variables): Source {
  return { name, audience: 'session', variables };
}
