import type { Tools } from '../action.ts';
import { defineAction } from '../action.ts';
import { findKeeper, replaceDaemon } from '../running-daemon.ts';
import { type ServiceSpec, waitForAnswer } from './service.ts';

interface Undo {
  /** The pid of the daemon that served. */
  readonly serving: number;
}

/** The daemon serves on while its program is replaced, because it needs nothing of it any more. */
export const serviceReturn = defineAction<ServiceSpec, Undo>({
  kind: 'service-return',
  target: ({ service }) => service,
  describe: ({ service }) => `Leave ${service} serving while its program is replaced`,
  describeUndo: ({ service }) => `Let ${service} of before take over again`,

  inspect: inspectRunning,

  async apply() {},

  async revert(tools, spec, { undo }) {
    const keeper = await findKeeper(tools.host);
    if (keeper === undefined || keeper.serving === undo.serving) return undefined;
    await handOver(tools, spec, new AbortController().signal);
    return undefined;
  },
});

/** Another daemon, of the program that is installed by now, takes over; no client is refused, and no build ends. */
export const serviceReplace = defineAction<ServiceSpec, Undo>({
  kind: 'service-replace',
  target: ({ service }) => service,
  describe: ({ service }) => `Let a new ${service} take over; running builds go on in the old one`,
  describeUndo: () => 'Nothing by itself: the program of before takes over when it is back',

  inspect: inspectRunning,

  apply: handOver,

  revert: () => Promise.resolve(undefined),
});

async function inspectRunning({ host }: Tools, _spec: ServiceSpec, stale: boolean) {
  const keeper = stale ? await findKeeper(host) : undefined;
  if (keeper === undefined) return { state: 'done' as const };
  const undo = { serving: keeper.serving };
  return { state: 'todo' as const, change: 'modify' as const, undo };
}

/** A daemon that died meanwhile is started again by its service manager, from the program as it is. */
async function handOver(tools: Tools, spec: ServiceSpec, signal: AbortSignal): Promise<void> {
  const keeper = await findKeeper(tools.host);
  const manager = tools.host.serviceManager(spec.init, spec.service);
  if (keeper !== undefined) await replaceDaemon(tools, manager, { keeper, signal });
  await waitForAnswer(tools, spec, signal);
}
