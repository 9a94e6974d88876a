import { join } from 'node:path';
import { hostNames, type StoreLayout } from '../config/layout.ts';
import type { SetupSettings } from '../config/setup-settings.ts';
import { createFiles } from '../host/files.ts';
import type { Host } from '../host/host.ts';
import { userNames } from './accounts.ts';
import type { NixConf } from './configuration-steps.ts';
import { incompleteProgram } from './errors.ts';
import { readGentooFacts } from './gentoo-facts.ts';
import type { PlanInput } from './plan.ts';
import { findReplacement, RESTART } from './replacement.ts';
import { choicesOf, formatAnswers } from './settings.ts';

interface Known {
  readonly layout: StoreLayout;
  /** What nix.conf, or its default, says. */
  readonly nixConf: NixConf;
  readonly programFolder: string;
  readonly nologin: string | undefined;
  readonly settings: SetupSettings;
}

/** What setup may install of `init/`. */
const INIT_FILES = [
  'fish/tenon-user.fish',
  'fish/tenon.fish',
  'openrc/tenon-daemon.confd',
  'openrc/tenon-daemon.initd',
  'profile.d/tenon-user.sh',
  'profile.d/tenon.sh',
  'systemd/tenon-daemon.service',
  'systemd/tenon-daemon.socket',
  'systemd-user/tenon-daemon.service',
  'tmpfiles.d/tenon.conf',
];
const NOLOGIN = '/sbin/nologin';

/** Looks up all that the plan depends on. */
export async function gatherPlanInput(host: Host, known: Known): Promise<PlanInput> {
  const { layout, nixConf, programFolder, nologin, settings } = known;
  const choices = choicesOf(settings);
  const { users } = choices;
  const hasNixConf = (await host.look(layout.nixConfFile)) !== undefined;
  const tenonConf = await host.readText(hostNames.tenonConfFile);
  const ids = Array.from({ length: users.count + 1 }, (_, index) => users.base + index);
  const accounts = await host.readAccounts({
    users: [...userNames(users), ...ids],
    groups: [users.group, choices.accessGroup, ...ids].filter(key => key !== ''),
  });
  const [init, isLive] = await Promise.all([host.findBootInit(), host.isLive()]);
  const initFiles = await readInitFiles(programFolder);
  return {
    init,
    isLive,
    accounts,
    nologin: nologin ?? NOLOGIN,
    ...choices,
    store: layout,
    program: programFolder,
    initFiles,
    replacement: isLive ? await findReplacement(host, init, initFiles) : RESTART,
    nixConf: hasNixConf ? nixConf : undefined,
    tenonConf: formatAnswers(settings, accounts, tenonConf),
    gentoo: await readGentooFacts(host, programFolder),
  };
}

async function readInitFiles(programFolder: string): Promise<ReadonlyMap<string, string>> {
  const files = createFiles('/');
  const entries = await Promise.all(
    INIT_FILES.map(async path => {
      const text = await files.readText(join(programFolder, 'init', path));
      if (text === undefined) throw incompleteProgram(programFolder, `init/${path}`);
      return [path, text] as const;
    }),
  );
  return new Map(entries);
}
