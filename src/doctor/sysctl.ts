import type { Host } from '../host/host.ts';
import type { Evidence, Fix } from './check.ts';

/** `vm/max_map_count`, as below `/proc/sys`. */
type SysctlPath = string;

/** The number that a kernel setting has; undefined when this kernel does not have it. */
export async function readSysctl(host: Host, path: SysctlPath): Promise<number | undefined> {
  const text = await host.readText(`/proc/sys/${path}`);
  return text === undefined ? undefined : Number(text);
}

export function sysctlName(path: SysctlPath): string {
  return path.replaceAll('/', '.');
}

export function sysctlEvidence(path: SysctlPath, value: number | string): Evidence {
  return { source: `/proc/sys/${path}`, value: String(value) };
}

export function setSysctl(path: SysctlPath, value: number | string): Fix {
  const setting = `${sysctlName(path)}=${value}`;
  return {
    id: 'sysctl',
    class: 'C',
    description: `set it, and put "${setting}" into a file in /etc/sysctl.d to keep it`,
    commands: [['sysctl', '-w', setting]],
    reversible: true,
    needsRoot: true,
  };
}
