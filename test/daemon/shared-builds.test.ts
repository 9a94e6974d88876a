import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { findProcesses, until } from '../support/processes.ts';
import { createStockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { createWorkshop, type Remote, type Workshop } from '../support/workshop.ts';

jest.setTimeout(30_000);

let shop: Workshop;
let daemon: TenonDaemon;
let counter: string;

beforeAll(async () => {
  const store = createStockStore();
  counter = join(store.root, 'counter');
  const conf = [
    'sandbox = true',
    'sandbox-fallback = false',
    'build-poll-interval = 1',
    `sandbox-paths = /counter=${counter}`,
  ];
  writeFileSync(
    join(store.root, 'etc/nix.conf'),
    ['build-users-group =', 'substituters =', ...conf, ''].join('\n'),
  );
  writeFileSync(counter, '');
  shop = createWorkshop(store);
  daemon = await startTenon(store, { conf });
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const timesBuilt = (name: string) =>
  readFileSync(counter, 'utf8')
    .split('\n')
    .filter(line => line === name).length;

/** A build that counts how often it runs, and takes a while. */
const counted = (name: string, seconds: number) =>
  `run "${name}" { } "echo ${name} >> /counter; echo working on ${name}; sleep ${seconds}; echo done with ${name}; echo > $out"`;

/** A client as a process of its own, which can be killed. */
async function startClient(text: string, remote: Remote = 'daemon') {
  const { store } = shop;
  const expression = `let run = import ./run.nix; in ${text}`;
  const child = spawn('nix-build', ['--no-out-link', '-E', expression], {
    cwd: join(store.root, 'work'),
    env: { ...store.env, NIX_REMOTE: remote },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', chunk => {
    said += chunk;
  });
  const ended = once(child, 'close').then(([status]) => status);
  await once(child, 'spawn');
  return { child, ended, log: () => said };
}

describe('one derivation', () => {
  test('that two clients want is built once, and both see its log', async () => {
    const clients = [await startClient(counted('both', 1)), await startClient(counted('both', 1))];
    for (const { ended, log } of clients) {
      expect(await ended).toBe(0);
      expect(log()).toContain('done with both');
    }
    expect(timesBuilt('both')).toBe(1);
  });

  test('goes on when the client leaves that wanted it first', async () => {
    const first = await startClient(counted('stays', 2));
    await until('the build starts', () => timesBuilt('stays') === 1);
    const second = await startClient(counted('stays', 2));
    await until('the second client follows', () => second.log().includes('building'));
    first.child.kill('SIGKILL');
    expect(await second.ended).toBe(0);
    expect(timesBuilt('stays')).toBe(1);
  });

  test('is killed when its only client leaves, and can be built again', async () => {
    const client = await startClient(counted('alone', 300));
    await until('the build starts', () => timesBuilt('alone') === 1);
    expect(findProcesses('working on alone').length).toBeGreaterThan(1);
    client.child.kill('SIGKILL');
    await client.ended;
    await until('the builder is gone', () => findProcesses('working on alone').length === 0);
    const again = await startClient(counted('alone', 300));
    await until('it starts again', () => timesBuilt('alone') === 2);
    again.child.kill('SIGINT');
    await again.ended;
    await until('the builder is gone', () => findProcesses('working on alone').length === 0);
  });

  test.each([
    { first: 'daemon', second: 'local' },
    { first: 'local', second: 'daemon' },
  ] as const)(
    'is built once by tenon and a stock client: $first first',
    async ({ first, second }) => {
      const name = `with-${first}`;
      const one = await startClient(counted(name, 2), first);
      await until('the build starts', () => timesBuilt(name) === 1, 10_000);
      const other = await startClient(counted(name, 2), second);
      expect(await one.ended).toBe(0);
      expect(await other.ended).toBe(0);
      expect(timesBuilt(name)).toBe(1);
    },
  );

  test('of a client that waits for the lock of another process is given up with the client', async () => {
    const holder = await startClient(counted('held', 3), 'local');
    await until('the build starts', () => timesBuilt('held') === 1, 10_000);
    const waiting = await startClient(counted('held', 3));
    await until('it waits', () => waiting.log().includes('waiting for lock'));
    waiting.child.kill('SIGKILL');
    expect(await holder.ended).toBe(0);
    const late = await startClient(counted('held', 3));
    expect(await late.ended).toBe(0);
    expect(timesBuilt('held')).toBe(1);
  });
});

test('jobs of one client run side by side, up to its limit', async () => {
  const jobs = [1, 2, 3, 4].map(n => `(run "job-${n}" {} "sleep 1; echo > $out")`).join(' ');
  const started = Date.now();
  await shop.build(`[ ${jobs} ]`, ['--max-jobs', '4']);
  expect(Date.now() - started).toBeLessThan(3_500);
});
