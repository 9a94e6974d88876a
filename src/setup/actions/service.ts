import type { Init, ServiceManager } from '../../host/services.ts';
import type { Tools } from '../action.ts';
import { defineAction } from '../action.ts';
import type { Detached } from '../detached-daemon.ts';
import { detachedManager } from '../detached-daemon.ts';
import { daemonSilent } from '../errors.ts';

export interface ServiceSpec {
  readonly init: Init;
  readonly service: string;
  readonly socketPath: string;
  /** Given where the systemd of a user runs it. */
  readonly user?: number;
  /** Given where no init system runs it. */
  readonly detached?: Detached;
}

interface Undo {
  readonly before: boolean;
}

const ANSWER_TIMEOUT_MS = 20_000;
const ANSWER_EVERY_MS = 100;

/** Nothing may run the old program while it is replaced. */
export const serviceStop = defineAction<ServiceSpec, Undo>({
  kind: 'service-stop',
  target: ({ service }) => service,
  describe: ({ service }) => `Stop ${service} while it is replaced`,
  describeUndo: ({ service }) => `Start ${service} again`,

  async inspect(tools, spec, stale) {
    if (!stale || !(await managerOf(tools, spec).isActive())) return { state: 'done' };
    return { state: 'todo', change: 'modify', undo: { before: true } };
  },

  apply: (tools, spec) => managerOf(tools, spec).stop(),

  async revert(tools, spec) {
    await managerOf(tools, spec).start();
    return undefined;
  },
});

/** The service at every boot. */
export const serviceEnable = defineAction<ServiceSpec, Undo>({
  kind: 'service-enable',
  target: ({ service }) => service,
  describe: ({ service }) => `Enable ${service} at boot`,
  describeUndo: ({ service }) => `Disable ${service}`,

  inspect: async (tools, spec) =>
    (await enablerOf(tools, spec).isEnabled())
      ? { state: 'done' }
      : { state: 'todo', change: 'create', undo: { before: false } },

  apply: (tools, spec) => enablerOf(tools, spec).enable(),

  async revert(tools, spec) {
    await enablerOf(tools, spec).disable();
    return undefined;
  },
});

/** The running service. It is up when it answers, whatever the init system says. */
export const serviceStart = defineAction<ServiceSpec, Undo>({
  kind: 'service-start',
  target: ({ service }) => service,
  describe: ({ service }) => `Start ${service}`,
  describeUndo: ({ service }) => `Stop ${service}`,

  async inspect(tools, spec, stale) {
    const isActive = await managerOf(tools, spec).isActive();
    if (isActive && !stale && (await answers(tools, spec))) return { state: 'done' };
    return { state: 'todo', change: 'create', undo: { before: isActive } };
  },

  async apply(tools, spec, signal) {
    const manager = managerOf(tools, spec);
    // One that runs and does not answer has lost its socket or its store.
    if (await manager.isActive()) await manager.stop();
    await manager.start();
    await waitForAnswer(tools, spec, signal);
  },

  async revert(tools, spec) {
    await managerOf(tools, spec).stop();
    await tools.host.remove(spec.socketPath);
    return undefined;
  },
});

function managerOf(tools: Tools, { init, service, user, detached }: ServiceSpec): Manager {
  if (detached !== undefined) return detachedManager(tools, detached);
  if (user !== undefined) return tools.host.userServiceManager(user, service);
  return tools.host.serviceManager(init, service);
}

type Manager = Pick<ServiceManager, 'isActive' | 'start' | 'stop' | 'readLog'>;

/** Only an init system enables anything. */
function enablerOf({ host }: Tools, { init, service, user }: ServiceSpec) {
  if (user !== undefined) return host.userServiceManager(user, service);
  return host.serviceManager(init, service);
}

async function answers({ handshake }: Tools, { socketPath }: ServiceSpec): Promise<boolean> {
  try {
    await handshake(socketPath, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
    return true;
  } catch {
    return false;
  }
}

/** Resolves once a daemon answers; throws `setup/daemon-silent`. */
export async function waitForAnswer(
  tools: Tools,
  spec: ServiceSpec,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const either = AbortSignal.any([signal, deadline]);
  for (;;) {
    signal.throwIfAborted();
    try {
      return await tools.handshake(spec.socketPath, either);
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) throw daemonSilent(spec.socketPath, await readLog(tools, spec), error);
    }
    await tools.sleep(ANSWER_EVERY_MS, signal);
  }
}

/** Read now, because a rollback takes the log away. */
async function readLog(tools: Tools, spec: ServiceSpec): Promise<string> {
  return (await managerOf(tools, spec).readLog()).trim();
}
