import { dirname } from 'node:path';
import type { Init } from '../../host/services.ts';
import { defineAction } from '../action.ts';
import type { ServiceLink } from '../service-links.ts';
import { findServiceLinks, unitsOf } from '../service-links.ts';

interface Spec {
  readonly init: Init;
  readonly service: string;
}

export interface OtherService {
  /** What starts it at boot. */
  readonly links: readonly ServiceLink[];
  /** Which of its units ran. */
  readonly active: readonly string[];
}

export const OTHER_SERVICE = 'other-service';

/** The service of another daemon for the same store: it stays installed, and neither runs nor starts at boot. */
export const otherService = defineAction<Spec, OtherService>({
  kind: OTHER_SERVICE,
  target: ({ service }) => service,
  describe: ({ service }) => `Stop and disable ${service}, which serves this store`,
  describeUndo: ({ service }) => `Enable and start ${service} as it was`,

  async inspect({ host }, { init, service }) {
    const links = await findServiceLinks(host, [service, ...unitsOf(service)]);
    const active = await host.serviceManager(init, service).listActive();
    if (links.length === 0 && active.length === 0) return { state: 'done' };
    return { state: 'todo', change: 'modify', undo: { links, active } };
  },

  async apply({ host }, { init, service }) {
    const manager = host.serviceManager(init, service);
    await manager.stop();
    for (const { path } of await findServiceLinks(host, [service, ...unitsOf(service)]))
      await host.remove(path);
    await manager.reload();
  },

  async revert({ host }, { init, service }, { undo: { links, active }, extent }) {
    const manager = host.serviceManager(init, service);
    for (const { path, target } of links) {
      if ((await host.look(path)) !== undefined) continue;
      // systemctl removes such a folder with its last link.
      await host.ensureDirectory(dirname(path));
      await host.writeLink(path, target);
    }
    await manager.reload();
    if (extent === 'purge' && active.length > 0) return { what: service, ...STORE_GONE };
    await manager.startUnits(active);
    return undefined;
  },
});

const STORE_GONE = {
  reason: 'it is enabled again and was not started, because its store goes',
  advice: 'it makes a new one when it starts',
};
