import { hasCode } from '../base/errors.ts';
import type { Init, ServiceManager } from '../host/services.ts';
import type { Fix } from './check.ts';

/** How to make the daemon begin anew; running builds end first. */
export function restartFix(init: Init, service: string): Fix {
  const facts = { id: 'restart', reversible: true, needsRoot: true } as const;
  switch (init) {
    case 'systemd':
    case 'openrc':
      return {
        ...facts,
        class: 'A',
        description: 'restart it, once its builds have ended',
        commands: [
          init === 'systemd'
            ? ['systemctl', 'restart', `${service}.socket`, `${service}.service`]
            : ['rc-service', service, 'restart'],
        ],
        async apply({ host }) {
          const manager = host.serviceManager(init, service);
          await stopIfPossible(manager);
          await manager.start();
        },
      };
    case 'none':
      return { ...facts, class: 'M', description: 'end it and start it again', commands: [] };
    default:
      return init satisfies never;
  }
}

/** OpenRC does not stop a service whose process is dead; its start takes care of that. */
async function stopIfPossible(manager: ServiceManager): Promise<void> {
  try {
    await manager.stop();
  } catch (error) {
    if (!hasCode(error, 'host/command-failed')) throw error;
  }
}
