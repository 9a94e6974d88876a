import { dirname, join } from 'node:path';
import { hostNames } from '../config/layout.ts';
import { type Init, openrcLog } from '../host/services.ts';
import type { Step } from './action.ts';
import { logFile } from './actions/log-file.ts';
import { serviceEnable, serviceStart, serviceStop } from './actions/service.ts';
import { writeFile } from './actions/write-file.ts';
import { folders, initFile } from './file-steps.ts';
import { places } from './places.ts';
import type { PlanInput } from './plan.ts';

interface ServiceFile {
  readonly file: string;
  readonly source: string;
  readonly mode: number;
  readonly readBy?: Init;
}

function serviceFiles(init: Init): readonly ServiceFile[] {
  const { service } = hostNames;
  const unit = (name: string) => ({
    file: join(places.systemdUnits, name),
    source: join('systemd', name),
    mode: 0o644,
    readBy: init,
  });
  switch (init) {
    case 'systemd':
      return [
        { file: places.tmpfiles, source: 'tmpfiles.d/tenon.conf', mode: 0o644 },
        unit(`${service}.service`),
        unit(`${service}.socket`),
      ];
    case 'openrc':
      return [
        {
          file: join(places.openrcScripts, service),
          source: `openrc/${service}.initd`,
          mode: 0o755,
        },
        {
          file: join(places.openrcSettings, service),
          source: `openrc/${service}.confd`,
          mode: 0o644,
        },
      ];
    case 'none':
      return [];
    default:
      return init satisfies never;
  }
}

/** Steps after which a running daemon is not the one that it should be. */
function serviceFileIds(init: Init): readonly string[] {
  return serviceFiles(init).map(({ file }) => `file:${file}`);
}

/** The service, from its files to its first answer. */
export function serviceSteps(input: PlanInput): readonly Step[] {
  const { init, initFiles } = input;
  if (init === 'none') return [];
  const files = serviceFiles(init);
  return [
    ...folders([...new Set(files.map(({ file }) => dirname(file)))], 'Service'),
    ...files.map(({ source, ...file }) =>
      writeFile.step({
        id: `file:${file.file}`,
        group: 'Service',
        reason: `how ${init} runs the daemon`,
        spec: { ...file, text: withCommand(initFile(initFiles, source)) },
      }),
    ),
    ...runningSteps(input, ['service-stop', 'program', ...serviceFileIds(init)]),
  ];
}

/** The service enabled and answering; started again when one of `redoWith` is done. */
export function runningSteps(
  { init, store }: PlanInput,
  redoWith: readonly string[],
): readonly Step[] {
  if (init === 'none') return [];
  const spec = { init, service: hostNames.service, socketPath: store.socketPath };
  return [
    ...(init === 'openrc' ? [serviceLog(hostNames.service)] : []),
    serviceEnable.step({
      id: 'service-enable',
      group: 'Service',
      reason: 'the daemon is there after a reboot',
      spec,
    }),
    serviceStart.step({
      id: 'service-start',
      group: 'Service',
      reason: 'builds and queries go through it',
      spec,
      redoWith,
    }),
  ];
}

/** Comes before anything that the running daemon uses is replaced. */
export function serviceStopStep({ init, store }: PlanInput): Step {
  return serviceStop.step({
    id: 'service-stop',
    group: 'Files',
    reason: 'a running daemon loads parts of the program when it first needs them',
    spec: { init, service: hostNames.service, socketPath: store.socketPath },
    redoWith: ['program', ...serviceFileIds(init)],
    isPassing: true,
  });
}

function serviceLog(service: string): Step {
  const file = openrcLog(service);
  return logFile.step({
    id: `log:${file}`,
    group: 'Service',
    reason: 'what the daemon has to say',
    spec: { file },
  });
}

/** The files in `init/` name the command where packages put it. */
function withCommand(text: string): string {
  return text.replaceAll(places.packagedCommand, hostNames.commandFile);
}
