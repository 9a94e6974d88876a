import { hasCode, messageOf } from '../src/base/errors.ts';
import { storeLayout } from '../src/config/layout.ts';
import type { Fix } from '../src/doctor/check.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findInstalledCommand } from '../src/doctor/installed-command.ts';
import { restartFix } from '../src/doctor/restart-fix.ts';
import { setupFix } from '../src/doctor/setup-fix.ts';
import { startFix } from '../src/doctor/start-fix.ts';

interface Found {
  readonly socketPath: string;
  readonly failure: string;
  readonly cause: string;
  readonly fix: Fix;
}

export const daemonAlive = defineCheck<CheckContext, Found>({
  id: 'daemon.alive',
  group: 'daemon',
  title: 'the daemon answers',
  why: 'Clients reach the store through the socket of the daemon. That a service is "started" says little: what counts is that somebody shakes hands.',
  severity: 'error',

  async probe(context) {
    try {
      await context.greetDaemon();
      return undefined;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === 'EACCES')
        return { skip: 'this user may not use the socket, see access.group' };
      if (reason === 'client/disconnected' && context.uid !== 0)
        return { skip: 'the daemon may have refused this user, see access.group' };
      const { socketPath } = context;
      const fix = await fixFor(context);
      return { socketPath, failure: messageOf(error), cause: CAUSES[reason], fix };
    }
  },

  explain: ({ socketPath, failure, cause }) => ({
    summary: 'no daemon answers',
    evidence: [{ source: socketPath, value: failure }],
    cause,
  }),

  fixes: ({ fix }) => [fix],
});

const CAUSES = {
  ENOENT: 'there is no socket: the service does not run, or was never set up',
  ECONNREFUSED: 'the socket is left from a daemon that is gone',
  EACCES: 'this user may not use the socket, or not enter a folder above it',
  'client/disconnected': 'somebody listens, and hangs up at once',
  TimeoutError: 'somebody listens, and says nothing',
  other: 'somebody listens who does not speak the protocol',
} as const;

type Reason = keyof typeof CAUSES;
const CODES: readonly Reason[] = ['ENOENT', 'ECONNREFUSED', 'EACCES', 'client/disconnected'];

/** A client wraps the system's error, so that the code may be further down. */
function reasonOf(error: unknown): Reason {
  const known = CODES.find(code => hasCode(error, code));
  if (known !== undefined) return known;
  const { cause, name } = error as { cause?: unknown; name?: unknown };
  if (name === 'TimeoutError') return name;
  return cause === undefined ? 'other' : reasonOf(cause);
}

async function fixFor(context: CheckContext): Promise<Fix> {
  const { readServiceState, service, socketPath, host } = context;
  if (socketPath !== storeLayout({}).socketPath) return restartFix('none', service);
  const { init, definition } = await readServiceState();
  if (init === 'none' && (await findInstalledCommand(host)) !== undefined) return startFix;
  return definition === undefined ? setupFix : restartFix(init, service);
}
