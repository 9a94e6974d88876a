import { availableParallelism } from 'node:os';
import { unreadable } from '../config/errors.ts';
import type { Environment, StoreLayout } from '../config/layout.ts';
import { MAX_CONF_BYTES } from '../config/nix-conf.ts';
import type { SettingFacts } from '../config/setting-kinds.ts';
import type { ReadSettings } from '../config/settings.ts';
import { readSettings, userConfFiles } from '../config/settings.ts';
import { currentIds, entryKind, isUsable, readSmallFile, realPath } from '../host/store-files.ts';

/** Nix's names for the machines that Node runs on. */
const SYSTEMS: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux',
  arm64: 'aarch64-linux',
  ia32: 'i686-linux',
  riscv64: 'riscv64-linux',
};

/** The settings that hold for a program with this environment, or for the daemon, which is root. */
export function loadNixSettings(
  layout: StoreLayout,
  env: Environment,
  isRoot = currentIds().uid === 0,
  readConf = readConfFile,
): ReadSettings {
  const sources = {
    files: [layout.nixConfFile, ...userConfFiles(env)],
    nixConfig: env.NIX_CONFIG,
    options: [],
    readConf,
  };
  return readSettings(sources, settingFacts(layout, isRoot));
}

/** What the defaults depend on. */
export function settingFacts({ confDir }: StoreLayout, isRoot: boolean): SettingFacts {
  return {
    system: SYSTEMS[process.arch] ?? `${process.arch}-linux`,
    cpuCount: availableParallelism(),
    isRoot,
    hasKvm: isUsable('/dev/kvm'),
    confDir,
  };
}

/** Undefined when there is no such file. Throws `config/unreadable` when there is one that cannot be read. */
export function readConfFile(path: string): string | undefined {
  try {
    const file = realPath(path);
    if (file === undefined) return undefined;
    const text = readSmallFile(file, MAX_CONF_BYTES);
    // A device, /dev/null for one, says that there is nothing to read.
    if (text !== undefined || entryKind(file) === 'other') return text;
    throw new Error(`it is no file of at most ${MAX_CONF_BYTES} bytes`);
  } catch (error) {
    throw unreadable(path, error);
  }
}
