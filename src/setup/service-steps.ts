import { dirname } from 'node:path';
import { hostNames } from '../config/layout.ts';
import { type Init, openrcLog } from '../host/services.ts';
import type { Step } from './action.ts';
import { link } from './actions/link.ts';
import { logFile } from './actions/log-file.ts';
import { otherService } from './actions/other-service.ts';
import { serviceEnable, serviceStart, serviceStop } from './actions/service.ts';
import { serviceReplace, serviceReturn } from './actions/service-replace.ts';
import { writeFile } from './actions/write-file.ts';
import { folders } from './file-steps.ts';
import type { PlanInput } from './plan.ts';
import { serviceFiles, serviceFileText, startLink } from './service-files.ts';

/** The step without which nothing runs. */
export const START_STEP = 'service-start';

/** What the packages of distributions, the official installer and the overlays call it. */
const STOCK_SERVICE = 'nix-daemon';

/** The service, from its files to its first answer. */
export function serviceSteps(input: PlanInput): readonly Step[] {
  const init = initOf(input);
  if (init === 'none') return input.isLive ? detachedSteps(input) : [];
  const redoWith = ['service-stop', 'program', ...serviceFileIds(init)];
  const isReplaced = isByReload(input);
  return [
    otherServiceStep(input, init),
    ...fileSteps(input, init),
    ...runningSteps(input, isReplaced ? [] : redoWith),
    ...(isReplaced ? [replaceStep(input, redoWith)] : []),
  ];
}

/** The service of a package, which has brought its files. An image is booted before anything is enabled in it. */
export function packagedServiceSteps(input: PlanInput): readonly Step[] {
  const init = initOf(input);
  if (init === 'none' || !input.isLive) return [];
  return [otherServiceStep(input, init), ...runningSteps(input, [])];
}

/** The service enabled and, on a running host, answering; started again when one of `redoWith` is done. */
function runningSteps(input: PlanInput, redoWith: readonly string[]): readonly Step[] {
  const init = initOf(input);
  if (init === 'none') return [];
  if (!input.isLive) return startLinkSteps(init);
  return [
    ...(init === 'openrc' ? [serviceLog()] : []),
    serviceEnable.step({
      id: 'service-enable',
      group: 'Service',
      reason: 'the daemon is there after a reboot',
      spec: serviceSpec(input),
    }),
    startStep(input, redoWith),
  ];
}

function isByReload({ isLive, mode, replacement }: PlanInput): boolean {
  return isLive && mode === 'multi' && replacement.restartReason === undefined;
}

/** Lets another daemon take over while this one serves. */
export function replaceStep(input: Where, redoWith: readonly string[]): Step {
  return serviceReplace.step({
    id: 'service-replace',
    group: 'Service',
    reason: 'no client is refused, and no build ends, while another version takes over',
    spec: serviceSpec(input),
    redoWith,
    isPassing: true,
  });
}

/** Come before the program of the running daemon is replaced. */
export function serviceStopSteps(input: PlanInput): readonly Step[] {
  if (!input.isLive) return [];
  const redoWith = ['program', ...serviceFileIds(initOf(input))];
  if (isByReload(input)) {
    const back = serviceReturn.step({
      id: 'service-return',
      group: 'Files',
      reason: 'it needs nothing of its files once it serves',
      spec: serviceSpec(input),
      redoWith,
      isPassing: true,
    });
    return [back];
  }
  const stop = serviceStop.step({
    id: 'service-stop',
    group: 'Files',
    reason: `clients are refused until it is back, once running builds have ended; ${input.replacement.restartReason}`,
    spec: serviceSpec(input),
    redoWith,
    isPassing: true,
  });
  return [stop];
}

type Where = Pick<PlanInput, 'init' | 'mode' | 'store'>;

/** A container has nobody to start a service, whatever lies around in it. */
function initOf({ init, mode }: Pick<PlanInput, 'init' | 'mode'>): Init {
  return mode === 'multi' ? init : 'none';
}

function serviceSpec(input: Where) {
  const init = initOf(input);
  const { service, commandFile, programDir } = hostNames;
  const spec = { init, service, socketPath: input.store.socketPath };
  if (init !== 'none') return spec;
  const log = openrcLog(service);
  return { ...spec, detached: { argv: [commandFile, 'daemon'], env: {}, programDir, log } };
}

/** Steps after which a running daemon is not the one that it should be. */
function serviceFileIds(init: Init): readonly string[] {
  return serviceFiles(init).map(({ file }) => `file:${file}`);
}

/** In an image only what starts it at boot is taken away: nothing runs there. */
function otherServiceStep({ isLive }: PlanInput, init: Init): Step {
  return otherService.step({
    id: `other-service:${STOCK_SERVICE}`,
    group: 'Service',
    reason: 'one daemon at a time can have the socket',
    spec: { init: isLive ? init : 'none', service: STOCK_SERVICE },
  });
}

function fileSteps({ isLive, initFiles }: PlanInput, init: Init): readonly Step[] {
  const files = serviceFiles(init);
  return [
    ...folders([...new Set(files.map(({ file }) => dirname(file)))], 'Service'),
    ...files.map(({ source, isUnit, ...file }) =>
      writeFile.step({
        id: `file:${file.file}`,
        group: 'Service',
        reason: `how ${init} runs the daemon`,
        spec: {
          ...file,
          text: serviceFileText(initFiles, source),
          ...(isUnit ? { readBy: isLive ? init : 'none' } : {}),
        },
      }),
    ),
  ];
}

function detachedSteps(input: PlanInput): readonly Step[] {
  return [serviceLog(), startStep(input, ['service-stop', 'program'])];
}

/** Starts the daemon and waits for its first answer, whoever runs it. */
export function startStep(input: Where, redoWith: readonly string[]): Step {
  return serviceStart.step({
    id: START_STEP,
    group: 'Service',
    reason: 'builds and queries go through it',
    spec: serviceSpec(input),
    redoWith,
  });
}

/** What enabling a service comes down to, for a host that does not run. */
function startLinkSteps(init: Exclude<Init, 'none'>): readonly Step[] {
  const spec = startLink(init);
  const reason = 'the daemon starts when this system is booted';
  return [
    ...folders([dirname(spec.path)], 'Service'),
    link.step({ id: 'service-link', group: 'Service', reason, spec }),
  ];
}

function serviceLog(): Step {
  const file = openrcLog(hostNames.service);
  return logFile.step({
    id: `log:${file}`,
    group: 'Service',
    reason: 'what the daemon has to say',
    spec: { file },
  });
}
