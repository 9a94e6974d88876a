import { dirname, join } from 'node:path';
import type { StoreLayout } from '../config/layout.ts';
import { fixFiles, hostNames } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import { type Init, openrcLog } from '../host/services.ts';
import type { User } from '../host/users.ts';
import { BUILD_USER_COMMENT } from './account-steps.ts';
import type { Step, StepGroup, Tools } from './action.ts';
import { directory } from './actions/directory.ts';
import { group } from './actions/group.ts';
import { link } from './actions/link.ts';
import { logFile } from './actions/log-file.ts';
import { managedBlock, withoutBlock } from './actions/managed-block.ts';
import { program } from './actions/program.ts';
import { serviceEnable, serviceStart } from './actions/service.ts';
import { user } from './actions/user.ts';
import { writeFile } from './actions/write-file.ts';
import { listPackagePaths } from './gentoo-facts.ts';
import type { Journal } from './journal.ts';
import { ownFiles } from './leftovers.ts';
import { places } from './places.ts';
import { unitsOf } from './service-links.ts';

/** An action that somebody must have applied, and the undo that leads back to a host without it. */
interface Trace {
  readonly step: Step;
  readonly undo: unknown;
}

interface Where {
  readonly layout: StoreLayout;
  readonly init: Init;
}

/**
 * Writes down in the journal, as if setup had, what the host itself shows to be of this program and the journal does
 * not name: accounts that say so, files of its own names, its blocks in files of others. The store is not among it.
 */
export async function recordByInspection(
  journal: Journal,
  { host }: Tools,
  { tool, ...where }: Where & { readonly tool: string },
): Promise<void> {
  const recorded = new Set(journal.history.installed.map(({ step }) => step.id));
  const traces = await inspectHost(host, where);
  const packaged = new Set((await listPackagePaths(host)).map(path => `file:${path}`));
  const added = traces.filter(({ step }) => !recorded.has(step.id) && !packaged.has(step.id));
  const ids = added.map(({ step }) => step.id);
  await journal.begin(
    tool,
    added.map(({ step }) => step),
    ids,
  );
  for (const { step, undo } of added) await journal.write({ record: 'apply', id: step.id, undo });
  await journal.write({ record: 'commit' });
}

/** In the order in which setup does it. */
async function inspectHost(host: Host, where: Where): Promise<readonly Trace[]> {
  return [
    ...(await inspectAccounts(host)),
    ...(await inspectFolders(host, where)),
    ...(await inspectProgram(host)),
    ...(await inspectFiles(host, where)),
    ...(await inspectService(host, where)),
  ];
}

const REASON = 'found by inspection';

function about(id: string, stepGroup: StepGroup) {
  return { id, group: stepGroup, reason: REASON };
}

/** The group goes with the last of its users, and stays while anybody else is in it. */
async function inspectAccounts(host: Host): Promise<readonly Trace[]> {
  const { users, groups } = await host.readAccounts({ users: [], groups: [] });
  const made = users.filter(({ comment }) => comment === BUILD_USER_COMMENT);
  const isMade = (name: string) => made.some(each => each.name === name);
  const theirs = groups.filter(
    ({ gid, members }) =>
      members.every(isMade) &&
      made.some(each => each.gid === gid) &&
      users.every(each => each.gid !== gid || isMade(each.name)),
  );
  return [
    ...theirs.map(({ name, gid }) => ({
      step: group.step({ ...about(`group:${name}`, 'Accounts'), spec: { name, gid } }),
      undo: {},
    })),
    ...made.map(each => traceOfUser(each, groups.find(({ gid }) => gid === each.gid)?.name ?? '')),
  ];
}

function traceOfUser(made: User, groupName: string): Trace {
  const spec = { user: made, group: groupName };
  return { step: user.step({ ...about(`user:${made.name}`, 'Accounts'), spec }), undo: {} };
}

/** They go when they are empty. */
async function inspectFolders(host: Host, { layout }: Where): Promise<readonly Trace[]> {
  const ofFixes = dirname(fixFiles.serviceLimits);
  const paths = [layout.confDir, dirname(hostNames.tenonConfFile), ofFixes];
  return await traces(paths, async path =>
    (await host.look(path))?.kind === 'directory'
      ? {
          step: directory.step({ ...about(`directory:${path}`, 'Files'), spec: { path } }),
          undo: { before: null },
        }
      : undefined,
  );
}

async function inspectProgram(host: Host): Promise<readonly Trace[]> {
  const { programDir, commandFile } = hostNames;
  const target = join(programDir, 'src/tenon');
  const spec = { from: programDir, to: programDir };
  const hasProgram = (await host.look(programDir)) !== undefined;
  const hasCommand = (await host.readLink(commandFile)) === target;
  const command = link.step({ ...about('command', 'Files'), spec: { path: commandFile, target } });
  return [
    ...(hasProgram
      ? [{ step: program.step({ ...about('program', 'Files'), spec }), undo: { existed: false } }]
      : []),
    ...(hasCommand ? [{ step: command, undo: {} }] : []),
  ];
}

/** What nix.conf has when all of it comes from setup. */
const MADE_NIX_CONF =
  /^# Settings of the store daemon, see nix\.conf\(5\)\..*\n(?:(?:build-users-group|substituters|trusted-public-keys|allowed-users) =.*\n)*$/u;

async function inspectFiles(host: Host, { layout, init }: Where): Promise<readonly Trace[]> {
  const { nixConfFile } = layout;
  const nixConf = await host.readText(nixConfFile);
  const isMade = nixConf !== undefined && MADE_NIX_CONF.test(nixConf);
  return [
    ...(await traces(isMade ? [...ownFiles, nixConfFile] : ownFiles, file =>
      traceOfFile(host, file, init),
    )),
    ...(await traces([nixConfFile, places.zshProfile], file => traceOfBlock(host, file))),
  ];
}

async function traceOfFile(host: Host, file: string, init: Init): Promise<Trace | undefined> {
  const facts = await host.look(file);
  if (facts?.kind !== 'file') return undefined;
  const text = (await host.readText(file)) ?? '';
  const isUnit = dirname(file) === places.systemdUnits;
  const spec = { file, text, mode: facts.mode, ...(isUnit ? { readBy: init } : {}) };
  const step = writeFile.step({ ...about(`file:${file}`, isUnit ? 'Service' : 'Files'), spec });
  return { step, undo: { before: null } };
}

async function traceOfBlock(host: Host, file: string): Promise<Trace | undefined> {
  const now = await host.readText(file);
  if (now === undefined) return undefined;
  const before = withoutBlock(now);
  if (before === now) return undefined;
  const step = managedBlock.step({ ...about(`block:${file}`, 'Files'), spec: { file, lines: [] } });
  return { step, undo: { before } };
}

/** A socket without a service of ours may be that of another daemon. */
async function inspectService(host: Host, { layout, init }: Where): Promise<readonly Trace[]> {
  const { service } = hostNames;
  const files = [
    ...unitsOf(service).map(unit => join(places.systemdUnits, unit)),
    join(places.openrcScripts, service),
  ];
  const looks = await Promise.all(files.map(file => host.look(file)));
  if (looks.every(facts => facts === undefined)) return [];
  const spec = { init, service, socketPath: layout.socketPath };
  const log = openrcLog(service);
  const hasLog = (await host.look(log)) !== undefined;
  return [
    ...(hasLog
      ? [
          {
            step: logFile.step({ ...about(`log:${log}`, 'Service'), spec: { file: log } }),
            undo: {},
          },
        ]
      : []),
    {
      step: serviceEnable.step({ ...about('service-enable', 'Service'), spec }),
      undo: { before: false },
    },
    {
      step: serviceStart.step({ ...about('service-start', 'Service'), spec }),
      undo: { before: false },
    },
  ];
}

async function traces(
  paths: readonly string[],
  find: (path: string) => Promise<Trace | undefined>,
): Promise<readonly Trace[]> {
  const found = await Promise.all(paths.map(find));
  return found.filter(trace => trace !== undefined);
}
