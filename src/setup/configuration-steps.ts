import { dirname } from 'node:path';
import { hostNames } from '../config/layout.ts';
import { formatNixConf } from '../config/nix-conf.ts';
import type { Settings } from '../config/settings.ts';
import type { Step } from './action.ts';
import { managedBlock } from './actions/managed-block.ts';
import { fileStep, folders } from './file-steps.ts';
import type { PlanInput } from './plan.ts';
import type { Choices } from './settings.ts';

/** What a nix.conf says of the things that setup decides, its own block left aside. */
export type NixConf = Pick<
  Settings,
  'buildUsersGroup' | 'substituters' | 'trustedPublicKeys' | 'allowedUsers'
>;

/** nix.conf and tenon.conf. */
export function configurationSteps(input: PlanInput): readonly Step[] {
  const { store, tenonConf } = input;
  const file = hostNames.tenonConfFile;
  const reason = 'the answers given to setup';
  return [
    ...folders([store.confDir], 'Files'),
    ...nixConfSteps(input),
    ...folders([dirname(file)], 'Files'),
    ...(tenonConf === undefined ? [] : [fileStep('Files', { file, text: tenonConf, reason })]),
  ];
}

/** A nix.conf that is there stays as it is, and gets only what it lacks. */
function nixConfSteps({ nixConf, store, ...choices }: PlanInput): readonly Step[] {
  const file = store.nixConfFile;
  if (nixConf === undefined) {
    const reason = 'the settings of the daemon and its clients';
    return [fileStep('Files', { file, text: newNixConf(choices), reason })];
  }
  const lacking = lackingSettings(nixConf, choices);
  if (Object.keys(lacking).length === 0) return [];
  const lines = formatNixConf(lacking).trimEnd().split('\n');
  const reason = `it lacks ${Object.keys(lacking).join(', ')}`;
  const spec = { file, lines };
  return [managedBlock.step({ id: `block:${file}`, group: 'Files', reason, spec })];
}

type Lines = Readonly<Record<string, string | readonly string[]>>;

const HEADER = '# Settings of the store daemon, see nix.conf(5). Edit it as you like.\n';

interface NewNixConf extends Pick<Choices, 'accessGroup' | 'caches'> {
  /** The group '' means that builds run as whoever runs the daemon. */
  readonly users: { readonly group: string };
}

export function newNixConf({ users, accessGroup, caches }: NewNixConf): string {
  const lines: Lines = {
    'build-users-group': users.group,
    substituters: caches.map(({ url }) => url),
    'trusted-public-keys': caches.map(({ publicKey }) => publicKey),
    ...(accessGroup === '' ? {} : { 'allowed-users': `@${accessGroup}` }),
  };
  return HEADER + formatNixConf(lines);
}

function lackingSettings(nixConf: NixConf, { users, accessGroup, caches }: Choices): Lines {
  const urls = caches.map(({ url }) => url).filter(url => !hasCache(nixConf, url));
  const keys = caches
    .map(({ publicKey }) => publicKey)
    .filter(key => !nixConf.trustedPublicKeys.includes(key));
  const allowed = `@${accessGroup}`;
  const isOpen = accessGroup !== '' && !nixConf.allowedUsers.includes(allowed);
  return {
    ...(nixConf.buildUsersGroup === users.group ? {} : { 'build-users-group': users.group }),
    ...(urls.length === 0 ? {} : { 'extra-substituters': urls }),
    ...(keys.length === 0 ? {} : { 'extra-trusted-public-keys': keys }),
    ...(isOpen ? { 'allowed-users': allowed } : {}),
  };
}

function hasCache({ substituters }: NixConf, url: string): boolean {
  return substituters.some(each => each.replace(/\/+$/u, '') === url);
}
