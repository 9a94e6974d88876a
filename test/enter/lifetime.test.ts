import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { formatSandboxSpec } from '../../src/build/sandbox-spec.ts';
import type { RunningEnter } from '../../src/host/enter.ts';
import { Ground, runSpec } from './ground.ts';
import { eventually, findChildren, findProcesses } from './processes.ts';
import { startEnter } from './start-enter.ts';

/** Part of the command line of every process that these tests leave running inside. */
const marker = `${process.pid}000`;

const sleeper = `sleep ${marker}`;
/** Children, orphans and daemons, each trying to outlive the builder. */
const forkers = `
  ${sleeper} &
  setsid ${sleeper} &
  (setsid setsid ${sleeper} & ) &
  (trap '' TERM HUP INT; exec nohup setsid ${sleeper} > /dev/null 2>&1 < /dev/null) &
  until [ $(grep -lx sleep /proc/[0-9]*/comm 2> /dev/null | wc -l) -ge 4 ]; do :; done
`;

function start(ground: Ground, script: string): RunningEnter {
  return startEnter({
    enterPath: ground.enterPath,
    spec: formatSandboxSpec(ground.spec(script)),
  });
}

/** Resolves with the log once it contains `text`. */
async function logWith(running: RunningEnter, text: string): Promise<string> {
  let log = '';
  const iterator = running.log[Symbol.asyncIterator]();
  while (!log.includes(text)) {
    const { done, value } = await iterator.next();
    if (done) break;
    log += Buffer.from(value).toString();
  }
  return log;
}

afterAll(() => {
  expect(findProcesses(sleeper)).toEqual([]);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('/enter-');
});

describe('the end of a builder', () => {
  test.each([
    { script: 'exit 0', outcome: { kind: 'exited', code: 0 } },
    { script: 'exit 125', outcome: { kind: 'exited', code: 125 } },
    { script: 'exit 255', outcome: { kind: 'exited', code: 255 } },
    { script: 'sleep 1000 & exit 3', outcome: { kind: 'exited', code: 3 } },
  ])('is reported for "$script"', async ({ script, outcome }) => {
    using ground = new Ground('memory');
    expect((await ground.run(script)).outcome).toMatchObject(outcome);
  });

  test('takes all that it started along', async () => {
    using ground = new Ground('memory');
    const { outcome } = await ground.run(`${forkers} exit 4`);
    expect(outcome).toMatchObject({ kind: 'exited', code: 4 });
    expect(findProcesses(sleeper)).toEqual([]);
  });

  test('tells what it used', async () => {
    using ground = new Ground('memory');
    const { outcome } = await ground.run('for ((i = 0; i < 100000; i++)); do :; done');
    expect(outcome).toEqual({
      kind: 'exited',
      code: 0,
      userMicros: expect.any(Number),
      systemMicros: expect.any(Number),
      maxRssKib: expect.any(Number),
    });
    expect('userMicros' in outcome && outcome.userMicros).toBeGreaterThan(10_000);
  });
});

describe('killing', () => {
  test('ends the builder and all that it started', async () => {
    using ground = new Ground('memory');
    await using running = start(ground, `${forkers} echo ready; ${sleeper}`);
    await logWith(running, 'ready');

    running.kill();

    expect(await running.ended).toMatchObject({
      kind: 'signalled',
      signal: constants.signals.SIGKILL,
    });
    expect(findProcesses(sleeper)).toEqual([]);
  });

  test('ends a builder whose log nobody reads', async () => {
    using ground = new Ground('memory');
    await using running = start(ground, 'while :; do echo full; done');
    await new Promise(resolve => setTimeout(resolve, 50));
    running.kill();
    expect(await running.ended).toMatchObject({ kind: 'signalled' });
  });

  test.each([0, 1, 2, 3, 5, 8])('works %i ms after the start', async delay => {
    using ground = new Ground('memory');
    await using running = start(ground, sleeper);
    await new Promise(resolve => setTimeout(resolve, delay));
    running.kill();
    running.kill();
    expect(await running.ended).toMatchObject({ kind: 'signalled' });
    expect(findProcesses(sleeper)).toEqual([]);
  });

  test('with SIGKILL, and only the helper, ends the builder and all that it started', async () => {
    using ground = new Ground('memory');
    await using running = start(ground, `${forkers} echo ready; ${sleeper}`);
    await logWith(running, 'ready');

    for (const pid of findChildren(ground.enterPath)) process.kill(pid, 'SIGKILL');

    expect(await running.ended).toMatchObject({
      kind: 'signalled',
      signal: constants.signals.SIGKILL,
    });
    expect(await eventually(() => findProcesses(sleeper).length === 0)).toBe(true);
  });

  test('with SIGKILL, and only the process that started the helper, ends everything', async () => {
    using ground = new Ground('memory');
    const specPath = join(ground.base, 'spec');
    writeFileSync(specPath, formatSandboxSpec(ground.spec(`${forkers} echo ready; ${sleeper}`)));
    const script = join(import.meta.dirname, 'parent.ts');
    const parent = spawn(process.execPath, [script, ground.enterPath, specPath], { stdio: 'pipe' });
    for await (const chunk of parent.stdout) if (String(chunk).includes('ready')) break;
    const [helper = -1] = findChildren(ground.enterPath, parent.pid);
    expect(findProcesses(sleeper).length).toBeGreaterThan(0);

    parent.kill('SIGKILL');

    expect(await eventually(() => findProcesses(sleeper).length === 0)).toBe(true);
    expect(await eventually(() => findProcesses(specPath).length === 0)).toBe(true);
    expect(findChildren(ground.enterPath, 1).includes(helper)).toBe(false);
  });

  test('has happened when the parent is not the one that it should be', async () => {
    using ground = new Ground('memory');
    const spec = join(ground.base, 'spec');
    writeFileSync(spec, formatSandboxSpec(ground.spec('true')));
    const command = `"${ground.enterPath}" --fd 3 --parent 1 3< "${spec}"; exit`;
    const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    for await (const chunk of child.stderr) text += chunk;
    expect(text).toBe('enter: death: -: ESRCH: the parent is gone\n');
  });
});

test('runs leave no descriptor open', async () => {
  using ground = new Ground('memory');
  const open = () => readdirSync('/proc/self/fd').length;
  const missing = join(ground.base, 'no-such-helper');
  const spec = formatSandboxSpec(ground.spec('echo hello; exit 1'));
  await runSpec(ground.enterPath, spec);
  const before = open();

  for (let round = 0; round < 5; round++) {
    await runSpec(ground.enterPath, spec);
    await runSpec(missing, spec);
    await runSpec(ground.enterPath, spec.slice(0, 100));
    await using unread = start(ground, 'echo unread');
    await unread.ended;
    await using killed = start(ground, sleeper);
    killed.kill();
  }

  expect(await eventually(() => open() === before)).toBe(true);
});
