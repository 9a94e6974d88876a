import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { restartFix } from '../src/doctor/restart-fix.ts';

interface Found {
  readonly kind: 'nobody-answers' | 'somebody-else-answers';
  readonly init: 'systemd' | 'openrc';
  readonly service: string;
  readonly seen: string;
}

/** That nobody answers is an error of daemon.alive; this check adds that the init system believes something else. */
export const serviceStateMismatch = defineCheck<CheckContext, Found>({
  id: 'service.state-mismatch',
  group: 'service',
  title: 'the init system and the socket agree',
  why: 'OpenRC may call a service "started" whose process is long dead, and then neither starts nor stops it. And a daemon that no service knows of keeps the socket from the one that should have it.',
  severity: 'warn',

  async probe({ readServiceState, greetDaemon, service, uid }) {
    const { init, definition, isActive, pid } = await readServiceState();
    if (init === 'none') return { skip: 'no init system runs this host, see host.init' };
    if (definition === undefined)
      return { skip: `there is no service ${service}, see daemon.alive` };
    const greeting = await greetDaemon().catch(() => undefined);
    if (greeting === undefined && uid !== 0) return { skip: 'no daemon answers this user' };
    if (isActive === (greeting !== undefined)) return undefined;
    if (greeting === undefined) {
      const process = pid === undefined ? 'no process is known' : `process ${pid} is known`;
      return { kind: 'nobody-answers', init, service, seen: `started, ${process}` };
    }
    return {
      kind: 'somebody-else-answers',
      init,
      service,
      seen: `process ${greeting.listenerPid}`,
    };
  },

  explain: ({ kind, init, service, seen }) =>
    kind === 'nobody-answers'
      ? {
          summary: `${init} calls the service started, and nobody answers`,
          evidence: [{ source: `state of ${service}`, value: seen }],
          cause: 'the process ended without the init system noticing, or hangs',
        }
      : {
          summary: 'a daemon answers that is not the service',
          evidence: [
            { source: `state of ${service}`, value: 'not started' },
            { source: 'listens on the socket', value: seen },
          ],
          cause: 'somebody started a daemon by hand, or another service has the socket',
        },

  fixes: ({ kind, init, service }) => [
    kind === 'nobody-answers' ? restartFix(init, service) : stopTheOther(init, service),
  ],
});

function stopTheOther(init: Found['init'], service: string): Fix {
  const start =
    init === 'systemd'
      ? ['systemctl', 'start', `${service}.socket`]
      : ['rc-service', service, 'start'];
  return {
    id: 'stop-the-other',
    class: 'C',
    description: 'end that process when nobody needs it any more, then start the service',
    commands: [start],
    reversible: true,
    needsRoot: true,
  };
}
