import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { restartFix } from '../src/doctor/restart-fix.ts';

interface Found {
  readonly kind: 'nobody-answers' | 'nobody-watches' | 'lost' | 'somebody-else-answers';
  readonly init: 'systemd' | 'openrc';
  readonly service: string;
  readonly seen: string;
  /** Processes of the service that the init system does not know of. */
  readonly lost: readonly number[];
}

/** That nobody answers is an error of daemon.alive; this check adds that the init system believes something else. */
export const serviceStateMismatch = defineCheck<CheckContext, Found>({
  id: 'service.state-mismatch',
  group: 'service',
  title: 'the init system and the socket agree',
  why: 'OpenRC may call a service "started" whose process is long dead, and then neither starts nor stops it. And a daemon that no service knows of keeps the socket from the one that should have it.',
  severity: 'warn',

  async probe({ readServiceState, greetDaemon, service, uid, host }) {
    const { init, definition, isActive, pid, isWatched } = await readServiceState();
    if (init === 'none') return { skip: 'no init system runs this host, see host.init' };
    if (definition === undefined)
      return { skip: `there is no service ${service}, see daemon.alive` };
    const greeting = await greetDaemon().catch(() => undefined);
    if (greeting === undefined && uid !== 0) return { skip: 'no daemon answers this user' };
    const about = { init, service, lost: [] };
    if (greeting === undefined) {
      const process = pid === undefined ? 'no process is known' : `process ${pid} is known`;
      const seen = `started, ${process}`;
      return isActive ? { ...about, kind: 'nobody-answers', seen } : undefined;
    }
    if (isActive && (isWatched || uid !== 0)) return undefined;
    const lost = init === 'openrc' ? await host.findServiceProcesses(service) : [];
    if (isActive) return { ...about, kind: 'nobody-watches', seen: `${pid}`, lost };
    const kind = lost.length > 0 ? 'lost' : 'somebody-else-answers';
    return { ...about, kind, seen: `process ${greeting.listenerPid}`, lost };
  },

  explain: ({ kind, init, service, seen }) => {
    switch (kind) {
      case 'nobody-answers':
        return {
          summary: `${init} calls the service started, and nobody answers`,
          evidence: [{ source: `state of ${service}`, value: seen }],
          cause: 'the process ended without the init system noticing, or hangs',
        };
      case 'nobody-watches':
        return {
          summary: 'nobody would start the daemon again if it ended',
          evidence: [
            { source: `state of ${service}`, value: `started, process ${seen} supervises it` },
            { source: `/proc/${seen}`, value: 'missing' },
          ],
          cause: 'its supervisor was killed; a restart of the service would start a second daemon',
        };
      case 'lost':
      case 'somebody-else-answers':
        return {
          summary: 'a daemon answers that is not the service',
          evidence: [
            { source: `state of ${service}`, value: 'not started' },
            { source: 'listens on the socket', value: seen },
          ],
          cause:
            kind === 'lost'
              ? `${init} started it, and has lost sight of it`
              : 'somebody started a daemon by hand, or another service has the socket',
        };
      default:
        return kind satisfies never;
    }
  },

  fixes: found => [fixFor(found)],
});

function fixFor({ kind, init, service, lost }: Found): Fix {
  switch (kind) {
    case 'nobody-answers':
      return restartFix(init, service);
    case 'nobody-watches':
    case 'lost':
      return { ...restartFix(init, service), commands: startAnew(service, lost) };
    case 'somebody-else-answers':
      return stopTheOther(init, service);
    default:
      return kind satisfies never;
  }
}

/** A plain restart would leave the daemon running that OpenRC does not know of. */
function startAnew(service: string, lost: readonly number[]): readonly (readonly string[])[] {
  return [
    ['rc-service', service, 'zap'],
    ['kill', ...lost.map(String)],
    ['rc-service', service, 'start'],
  ];
}

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
