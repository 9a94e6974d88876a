import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly init: 'systemd' | 'openrc';
  readonly service: string;
}

export const serviceEnabled = defineCheck<CheckContext, Found>({
  id: 'service.enabled',
  group: 'service',
  title: 'the daemon starts at boot',
  why: 'A service that was started and not enabled works until the host reboots.',
  severity: 'error',

  async probe({ readServiceState, service }) {
    const { init, definition, isEnabled } = await readServiceState();
    if (init === 'none') return { skip: 'no init system runs this host, see host.init' };
    if (definition === undefined)
      return { skip: `there is no service ${service}, see daemon.alive` };
    return isEnabled ? undefined : { init, service };
  },

  explain: ({ init, service }) => ({
    summary: 'the daemon will be gone after a reboot',
    evidence: [
      init === 'systemd'
        ? { source: `systemctl is-enabled ${service}.socket`, value: 'disabled' }
        : { source: '/etc/runlevels', value: `no runlevel has ${service}` },
    ],
    cause: 'somebody disabled the service, or an upgrade of the init system forgot it',
  }),

  fixes: ({ init, service }) => [
    {
      id: 'enable',
      class: 'A',
      description: 'enable it',
      commands: [
        init === 'systemd'
          ? ['systemctl', 'enable', `${service}.socket`]
          : ['rc-update', 'add', service, 'default'],
      ],
      reversible: true,
      needsRoot: true,
      apply: ({ host }) => host.serviceManager(init, service).enable(),
    },
  ],
});
