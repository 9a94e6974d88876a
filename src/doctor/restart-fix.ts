import type { Init } from '../host/services.ts';
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
          await manager.stop();
          await manager.start();
        },
      };
    case 'none':
      return { ...facts, class: 'M', description: 'end it and start it again', commands: [] };
    default:
      return init satisfies never;
  }
}
