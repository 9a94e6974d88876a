import { describe, expect, test } from '@jest/globals';
import type { BuildListener } from '../../src/build/listener.ts';
import { type BuildOutcome, outcomeWithoutBuild } from '../../src/build/outcome.ts';
import { SharedBuilds } from '../../src/build/shared-builds.ts';
import { fakePath } from './derivations.ts';

const drvPath = fakePath('d', 'some.drv');
const never = new AbortController().signal;
const reason = new Error('the client is gone');
const built = outcomeWithoutBuild('built');
const turn = () => new Promise(resolve => setImmediate(resolve));

/** A client that notes what it is told. */
function client(): BuildListener & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    buildStarted: () => heard.push('started'),
    buildEnded: () => heard.push('ended'),
    logLine: (_, line) => heard.push(line),
    setPhase: (_, phase) => heard.push(phase),
    note: (_, text) => heard.push(text),
  };
}

/** Builds that go on until told how they end, and stop when aborted. */
class Builds {
  readonly started: { listener: BuildListener; signal: AbortSignal }[] = [];
  readonly #ends: PromiseWithResolvers<BuildOutcome>[] = [];

  readonly run = (listener: BuildListener, signal: AbortSignal): Promise<BuildOutcome> => {
    const end = Promise.withResolvers<BuildOutcome>();
    signal.addEventListener('abort', () => end.reject(signal.reason));
    this.started.push({ listener, signal });
    this.#ends.push(end);
    listener.buildStarted(drvPath);
    return end.promise.finally(() => listener.buildEnded(drvPath));
  };

  end(outcome: BuildOutcome): void {
    this.#ends.at(-1)?.resolve(outcome);
  }
}

describe('SharedBuilds', () => {
  test('runs one build for all who want the same derivation', async () => {
    const shared = new SharedBuilds();
    const builds = new Builds();
    const clients = [client(), client(), client()];
    const following = clients.map(listener =>
      shared.follow(drvPath, builds.run, { listener, signal: never }),
    );
    builds.started[0]?.listener.logLine(drvPath, 'hello');
    builds.end(built);

    expect(await Promise.all(following)).toEqual([built, built, built]);
    expect(builds.started.length).toBe(1);
    for (const { heard } of clients)
      expect(heard.filter((event, at) => heard.indexOf(event) === at)).toEqual([
        'started',
        'hello',
        'ended',
      ]);
  });

  test('runs another build once the first has ended', async () => {
    const shared = new SharedBuilds();
    const builds = new Builds();
    for (const times of [1, 2]) {
      const followed = shared.follow(drvPath, builds.run, { listener: client(), signal: never });
      builds.end(built);
      await followed;
      await turn();
      expect(builds.started.length).toBe(times);
      expect(shared.isRunning(drvPath)).toBe(false);
    }
  });

  test('goes on as long as one client stays, and tells the one who left nothing more', async () => {
    const shared = new SharedBuilds();
    const builds = new Builds();
    const leaving = new AbortController();
    const [first, second] = [client(), client()];
    const options = { listener: first, signal: leaving.signal };
    const left = shared.follow(drvPath, builds.run, options);
    const stayed = shared.follow(drvPath, builds.run, { listener: second, signal: never });

    leaving.abort(reason);

    await expect(left).rejects.toBe(reason);
    expect(builds.started[0]?.signal.aborted).toBe(false);
    builds.started[0]?.listener.logLine(drvPath, 'later');
    builds.end(built);
    await stayed;
    expect(first.heard).not.toContain('later');
    expect(second.heard).toContain('later');
  });

  test('stops the build when the last client leaves', async () => {
    const shared = new SharedBuilds();
    const builds = new Builds();
    const leaving = new AbortController();
    const follow = () =>
      shared.follow(drvPath, builds.run, { listener: client(), signal: leaving.signal });
    const following = [follow(), follow()];

    leaving.abort(reason);

    for (const followed of following) await expect(followed).rejects.toBe(reason);
    expect(builds.started[0]?.signal.reason).toBe(reason);
    await shared.drained();
  });

  test('starts anew for a client that comes while the old build is being stopped', async () => {
    const shared = new SharedBuilds();
    const builds = new Builds();
    const leaving = new AbortController();
    const options = { listener: client(), signal: leaving.signal };
    const left = shared.follow(drvPath, builds.run, options);
    leaving.abort(reason);
    const late = shared.follow(drvPath, builds.run, { listener: client(), signal: never });
    await expect(left).rejects.toBe(reason);
    await turn();
    const fresh = shared.follow(drvPath, builds.run, { listener: client(), signal: never });
    builds.end(built);
    await Promise.allSettled([late]);
    expect(await fresh).toEqual(built);
  });

  test('gives a failure to all, and forgets it', async () => {
    const shared = new SharedBuilds();
    const failure = new Error('the disk is full');
    const run = () => Promise.reject(failure);
    const options = { listener: client(), signal: never };
    await expect(shared.follow(drvPath, run, options)).rejects.toBe(failure);
    await turn();
    expect(shared.isRunning(drvPath)).toBe(false);
  });

  test('starts nothing for a client that is gone', async () => {
    const shared = new SharedBuilds();
    const builds = new Builds();
    const options = { listener: client(), signal: AbortSignal.abort(reason) };
    await expect(shared.follow(drvPath, builds.run, options)).rejects.toBe(reason);
    expect(builds.started).toEqual([]);
  });
});
