import { dirname } from 'node:path';
import type { Shell } from '../config/setup-settings.ts';
import type { Files } from '../host/files.ts';
import type { Step } from './action.ts';
import { directory } from './actions/directory.ts';
import { managedBlock } from './actions/managed-block.ts';
import { fileStep, initFile } from './file-steps.ts';
import { foldersAbove } from './store-folders.ts';
import type { UserPlaces } from './user-places.ts';

/** The user's own files that get a line, by shell; `fish` has a folder for drop-ins. */
export type UserShellFiles = Readonly<Record<'sh' | 'zsh', readonly string[]>>;

interface UserShells {
  readonly places: UserPlaces;
  readonly uid: number;
  readonly gid: number;
  readonly shells: readonly Shell[];
  readonly shellFiles: UserShellFiles;
  readonly initFiles: ReadonlyMap<string, string>;
}

const REASON = 'login shells find this store and the programs of its profiles';
const LINE = '[ ! -r "$HOME/.tenon/profile" ] || . "$HOME/.tenon/profile"';

/** What leads one user's shells to the user's own store. */
export function userShellSteps(input: UserShells): readonly Step[] {
  const { places, shells, shellFiles, initFiles } = input;
  const files = [
    ...(shells.includes('sh') || shells.includes('bash') ? shellFiles.sh : []),
    ...(shells.includes('zsh') ? shellFiles.zsh : []),
  ];
  const own = (file: string, source: string) =>
    fileStep('Shells', { file, text: initFile(initFiles, source), reason: REASON });
  return [
    ...(files.length === 0 ? [] : [own(places.profile, 'profile.d/tenon-user.sh')]),
    ...files.map(file =>
      managedBlock.step({
        id: `block:${file}`,
        group: 'Shells',
        reason: REASON,
        spec: { file, lines: [LINE], mayCreate: true },
      }),
    ),
    ...(shells.includes('fish')
      ? [...fishFolders(input), own(places.fishProfile, 'fish/tenon-user.fish')]
      : []),
  ];
}

function fishFolders({ places: { home, fishProfile }, uid, gid }: UserShells): readonly Step[] {
  const folder = dirname(fishProfile);
  return [...foldersAbove(folder), folder]
    .filter(path => path.startsWith(`${home}/`))
    .map(path =>
      directory.step({
        id: `directory:${path}`,
        group: 'Shells',
        reason: 'the file of fish lies in it',
        spec: { path, owner: { uid, gid } },
      }),
    );
}

/** Those that are read at login: bash passes ~/.profile by where the user has a file for bash alone (bash(1)). */
export async function findUserShellFiles(
  files: Files,
  places: UserPlaces,
): Promise<UserShellFiles> {
  const { bashFiles, shFile, zshFile } = places.startUp;
  const looks = await Promise.all(bashFiles.map(file => files.look(file)));
  const bashFile = bashFiles.find((_, index) => looks[index] !== undefined);
  return { sh: [shFile, ...(bashFile === undefined ? [] : [bashFile])], zsh: [zshFile] };
}

/** The shells that this user can have added to; once it is installed, those that the user let have it. */
export async function findUserShells(files: Files, places: UserPlaces): Promise<readonly Shell[]> {
  const shellFiles = await findUserShellFiles(files, places);
  const isInstalled = (await files.look(places.programDir)) !== undefined;
  const has = isInstalled
    ? async (paths: readonly string[]) => await someHaveLine(files, paths)
    : async (paths: readonly string[]) => await canHaveLine(files, paths);
  const hasFish = isInstalled ? places.fishProfile : dirname(dirname(places.fishProfile));
  const usesZsh = isInstalled || (await someExist(files, places.startUp.zshHints));
  return [
    ...((await has(shellFiles.sh)) ? ['sh' as const] : []),
    ...(usesZsh && (await has(shellFiles.zsh)) ? ['zsh' as const] : []),
    ...((await someExist(files, [hasFish])) ? ['fish' as const] : []),
  ];
}

async function someExist(files: Files, paths: readonly string[]): Promise<boolean> {
  const looks = await Promise.all(paths.map(path => files.look(path)));
  return looks.some(facts => facts !== undefined);
}

/** Nothing is written through a link: it leads to a file that somebody keeps elsewhere. */
async function canHaveLine(files: Files, paths: readonly string[]): Promise<boolean> {
  const looks = await Promise.all(paths.map(path => files.look(path)));
  return looks.every(facts => facts === undefined || facts.kind === 'file');
}

async function someHaveLine(files: Files, paths: readonly string[]): Promise<boolean> {
  const texts = await Promise.all(paths.map(path => files.readText(path)));
  return texts.some(text => text?.includes(LINE));
}
