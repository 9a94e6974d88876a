import { dirname, join } from 'node:path';
import { hostNames } from '../config/layout.ts';
import type { Step } from './action.ts';
import { directory } from './actions/directory.ts';
import { link } from './actions/link.ts';
import { logFile } from './actions/log-file.ts';
import { program } from './actions/program.ts';
import { serviceEnable, serviceStart, serviceStop } from './actions/service.ts';
import { newNixConf } from './configuration-steps.ts';
import { fileStep, initFile } from './file-steps.ts';
import type { PlanInput } from './plan.ts';
import { START_STEP } from './service-steps.ts';
import { foldersAbove, storeFolders } from './store-folders.ts';
import { formatEnvironment, type UserPlaces } from './user-places.ts';
import { type UserShellFiles, userShellSteps } from './user-shells.ts';

/** All that the plan for one user, without root, depends on. */
export interface UserPlanInput
  extends Pick<PlanInput, 'caches' | 'initFiles' | 'program' | 'shells'> {
  readonly places: UserPlaces;
  readonly uid: number;
  readonly gid: number;
  /** Whether a systemd of this user runs, which then runs the daemon. */
  readonly hasManager: boolean;
  readonly shellFiles: UserShellFiles;
  /** A nix.conf that is there stays as it is. */
  readonly hasNixConf: boolean;
}

/** A store, a program and a daemon below one user's home. */
export function planUserSteps(input: UserPlanInput): readonly Step[] {
  const { places, program: from } = input;
  const { programDir, commandFile } = places;
  return [
    ...folderSteps(input, [
      ...storeFolders(places.layout),
      dirname(commandFile),
      ...(input.hasManager ? [dirname(places.unitFile)] : []),
      places.layout.confDir,
    ]),
    serviceStop.step({
      id: 'service-stop',
      group: 'Files',
      reason: 'nobody could start another one beside it',
      spec: serviceSpec(input),
      redoWith: ['program', ...serviceFileIds(input)],
      isPassing: true,
    }),
    program.step({
      id: 'program',
      group: 'Files',
      reason: 'the daemon and the tenon command',
      spec: { from, to: programDir },
    }),
    link.step({
      id: 'command',
      group: 'Files',
      reason: 'the tenon command of this user',
      spec: { path: commandFile, target: join(programDir, 'src/tenon') },
    }),
    ...fileSteps(input),
    ...userShellSteps(input),
    ...startSteps(input),
  ];
}

/** Those that are missing are made, and are the user's; what is above the home is not looked at. */
function folderSteps(
  { places: { home, dir, layout }, uid, gid }: UserPlanInput,
  paths: readonly string[],
): readonly Step[] {
  const all = new Set(paths.flatMap(path => [...foldersAbove(path), path]));
  const stores = [layout.storeDir, layout.stateDir, layout.logDir];
  return [...all]
    .filter(path => path.startsWith(`${home}/`))
    .map(path =>
      directory.step({
        id: `directory:${path}`,
        group: 'Directories',
        reason: path.startsWith(dir) ? 'the store and what belongs to it' : 'files lie in it',
        spec: {
          path,
          owner: { uid, gid },
          ...(stores.some(store => `${path}/`.startsWith(`${store}/`)) ? { holdsStore: true } : {}),
        },
      }),
    );
}

function fileSteps({ places, hasNixConf, caches, initFiles, hasManager }: UserPlanInput) {
  const settings = { users: { group: '' }, accessGroup: '', caches };
  return [
    ...(hasNixConf
      ? []
      : [
          fileStep('Files', {
            file: places.layout.nixConfFile,
            text: newNixConf(settings),
            reason: 'the settings of the daemon and its clients',
          }),
        ]),
    fileStep('Files', {
      file: places.environmentFile,
      text: formatEnvironment(places.environment),
      reason: 'the variables that lead to this store',
    }),
    ...(hasManager
      ? [
          fileStep('Service', {
            file: places.unitFile,
            text: initFile(initFiles, 'systemd-user/tenon-daemon.service'),
            reason: 'how systemd runs the daemon',
          }),
        ]
      : []),
  ];
}

function serviceFileIds({ places }: UserPlanInput): readonly string[] {
  return [`file:${places.unitFile}`, `file:${places.environmentFile}`];
}

function serviceSpec({ places, uid, hasManager }: Where) {
  const { programDir, commandFile, log, layout, home } = places;
  const spec = { service: hostNames.service, socketPath: layout.socketPath };
  if (hasManager) return { ...spec, init: 'systemd' as const, user: uid };
  const env = { ...places.environment, HOME: home };
  const detached = { argv: [commandFile, 'daemon'], env, programDir, log };
  return { ...spec, init: 'none' as const, detached };
}

type Where = Pick<UserPlanInput, 'places' | 'uid' | 'hasManager'>;

function startSteps(input: UserPlanInput): readonly Step[] {
  const { places, hasManager } = input;
  const first = hasManager
    ? serviceEnable.step({
        id: 'service-enable',
        group: 'Service',
        reason: 'the daemon is there whenever this user is',
        spec: serviceSpec(input),
      })
    : logFile.step({
        id: `log:${places.log}`,
        group: 'Service',
        reason: 'what the daemon has to say',
        spec: { file: places.log },
      });
  return [first, userStartStep(input, serviceFileIds(input))];
}

/** Starts the user's daemon and waits for its first answer. */
export function userStartStep(where: Where, redoWith: readonly string[] = []): Step {
  return serviceStart.step({
    id: START_STEP,
    group: 'Service',
    reason: 'builds and queries go through it',
    spec: serviceSpec(where),
    redoWith: ['service-stop', 'program', ...redoWith],
  });
}
