import { hasCode } from '../base/errors.ts';
import type { Host } from '../host/host.ts';

/** What a command sees that one of the host's shells starts in one way. */
export interface ShellAnswer {
  readonly shell: string;
  readonly mode: 'login' | 'plain';
  /** As somebody would type it. */
  readonly invocation: string;
  /** Where it finds tenon; undefined when it does not. */
  readonly tenon: string | undefined;
  readonly path: readonly string[];
  readonly dataDirs: readonly string[];
}

const SHELLS = ['sh', 'bash', 'zsh', 'fish'];
const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin'];
const MODES = { login: '-lc', plain: '-c' } as const;
/** The same words in each of the shells. */
const QUESTION = 'command -v tenon; printf "%s\\n" "path=$PATH" "data=$XDG_DATA_DIRS"';
/** What sshd and cron give when they are told nothing else. */
const BARE_PATH = '/usr/local/bin:/usr/bin:/bin';
const PATIENCE_MS = 4000;

/** Nobody's, so that only the files of the system have a say. */
const NO_HOME = '/var/empty';

/**
 * Starts every installed shell as a login shell and as ssh starts it for a command, in a bare environment, with the
 * start-up files of one user or of none. A shell that does not end in time gives no answer, and those of another root
 * cannot be asked.
 */
export async function askShells(
  host: Host,
  { home = NO_HOME, signal }: { readonly home: string | undefined; readonly signal: AbortSignal },
): Promise<readonly ShellAnswer[]> {
  if (host.root !== '/') return [];
  const installed = await Promise.all(SHELLS.map(name => findShell(host, name)));
  const shells = installed.filter(shell => shell !== undefined);
  const answers = shells.flatMap(shell =>
    (['login', 'plain'] as const).map(mode => ask(host, { shell, mode, home }, signal)),
  );
  return (await Promise.all(answers)).filter(answer => answer !== undefined);
}

async function findShell(host: Host, name: string): Promise<string | undefined> {
  const paths = FOLDERS.map(folder => `${folder}/${name}`);
  const looks = await Promise.all(paths.map(path => host.look(path)));
  return paths.find((_, index) => looks[index] !== undefined);
}

async function ask(
  host: Host,
  { shell, mode, home }: Pick<ShellAnswer, 'shell' | 'mode'> & { readonly home: string },
  signal: AbortSignal,
): Promise<ShellAnswer | undefined> {
  const argv = [shell, MODES[mode], QUESTION];
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const env = { PATH: BARE_PATH, HOME: home, TERM: 'dumb' };
  try {
    const { stdout } = await host.run(argv, { signal: limit, env });
    const lines = stdout.split('\n');
    const value = (name: string) =>
      lines.findLast(line => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    return {
      shell,
      mode,
      invocation: `${shell} ${MODES[mode]}`,
      tenon: lines.find(line => line.endsWith('/tenon')),
      path: value('path').split(':'),
      dataDirs: value('data').split(':'),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted || hasCode(error, 'host/command-failed')) return undefined;
    throw error;
  }
}
