import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createHost } from '../../src/host/host.ts';
import { detachedManager } from '../../src/setup/detached-daemon.ts';

/** A program that looks like the daemon's process and says that it runs. */
function createProgram() {
  const dir = mkdtempSync(join(tmpdir(), 'tenon-detached-'));
  mkdirSync(join(dir, 'src'));
  const main = join(dir, 'src/main.ts');
  writeFileSync(main, 'console.log(process.env.NAME); setInterval(() => {}, 1000);\n');
  const command = join(dir, 'tenon');
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`);
  chmodSync(command, 0o755);
  return { dir, command, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

test('a detached daemon is started once, found, read and stopped', async () => {
  using program = createProgram();
  const tools = {
    host: createHost('/'),
    sleep: async (milliseconds: number) => void (await sleep(milliseconds)),
  };
  const manager = detachedManager(tools, {
    argv: [program.command, 'daemon'],
    env: { NAME: 'it runs' },
    programDir: program.dir,
    log: join(program.dir, 'log'),
  });
  expect(await manager.isActive()).toBe(false);
  await manager.start();
  try {
    while (!(await manager.readLog()).includes('it runs')) await sleep(20);
    expect(await manager.isActive()).toBe(true);
    await manager.start();
    const found = await tools.host.findProcesses(argv =>
      argv.includes(`${program.dir}/src/main.ts`),
    );
    expect(found).toHaveLength(1);
  } finally {
    await manager.stop();
  }
  expect(await manager.isActive()).toBe(false);
}, 30_000);
