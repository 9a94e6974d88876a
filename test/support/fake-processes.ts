import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Tools } from '../../src/setup/action.ts';
import type { FixtureHost } from './fixture-host.ts';
import { toolsFor } from './setup-plan.ts';

const PID = 4711;

/** The fixture's host with a file in place of the daemon that setup starts by itself; it answers while it is there. */
export function withProcesses({ root, host }: Pick<FixtureHost, 'root' | 'host'>): Tools {
  const running = join(root, 'run/running');
  const isRunning = () => existsSync(running);
  const tools = toolsFor({ host });
  return {
    ...tools,
    handshake: () =>
      isRunning() ? Promise.resolve() : Promise.reject(new Error('no daemon here')),
    host: {
      ...host,
      startDetached: async ([command = '', ...args]) => {
        const program = dirname(readlinkSync(join(root, command)));
        writeFileSync(running, JSON.stringify([join(program, 'main.ts'), ...args]));
        await Promise.resolve();
      },
      findProcesses: async isWanted => {
        const argv: readonly string[] = isRunning()
          ? JSON.parse(readFileSync(running, 'utf8'))
          : [];
        return await Promise.resolve(isWanted(argv) ? [{ pid: PID, parentPid: 1, argv }] : []);
      },
      kill: () => rmSync(running),
    },
  };
}
