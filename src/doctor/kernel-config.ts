import { gunzipSync } from 'node:zlib';
import type { Host } from '../host/host.ts';
import type { Fix } from './check.ts';

/** A kernel without one of these makes no sandbox. */
const NEEDED = ['NAMESPACES', 'USER_NS', 'PID_NS', 'NET_NS', 'UTS_NS', 'IPC_NS'];
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;

export interface KernelConfig {
  readonly file: string;
  /** Needed options that it has not. */
  readonly missing: readonly string[];
}

export const NEXT_KERNEL = '/usr/src/linux/.config';

/** How the running kernel was built, by what it says itself or what lies beside it. */
export async function readRunningConfig(host: Host): Promise<KernelConfig | undefined> {
  const packed = await host.readText('/proc/config.gz').catch(() => undefined);
  if (packed !== undefined) return judge('/proc/config.gz', unpack(packed));
  const release = (
    await host.readText('/proc/sys/kernel/osrelease').catch(() => undefined)
  )?.trim();
  return release === undefined ? undefined : await readConfig(host, `/boot/config-${release}`);
}

/** How the kernel was built whose configuration is `file`; undefined where there is none. */
export async function readConfig(host: Host, file: string): Promise<KernelConfig | undefined> {
  const text = await host.readText(file).catch(() => undefined);
  return text === undefined ? undefined : judge(file, text);
}

function unpack(packed: string): string {
  const options = { maxOutputLength: MAX_CONFIG_BYTES };
  return gunzipSync(Buffer.from(packed, 'latin1'), options).toString('latin1');
}

function judge(file: string, text: string): KernelConfig {
  const options = new Set(Array.from(text.matchAll(/^CONFIG_(\w+)=[ym]$/gmu), ([, name]) => name));
  return { file, missing: NEEDED.filter(name => !options.has(name)) };
}

/** The same advice as the ebuild's and as that of `sandbox.userns`. */
export const buildKernel: Fix = {
  id: 'kernel-config',
  class: 'M',
  description: `build the kernel with ${NEEDED.map(name => `CONFIG_${name}`).join(', ')}, and boot it`,
  commands: [],
  reversible: true,
  needsRoot: true,
};
