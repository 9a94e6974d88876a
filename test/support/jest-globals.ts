import {
  after,
  afterEach,
  before,
  beforeEach,
  mock,
  describe as nodeDescribe,
  test as nodeTest,
} from 'node:test';
import { expect } from 'expect';
import { bind } from 'jest-each';

/** As much of `@jest/globals` as the tests use, on Node's own runner. */
export { after as afterAll, afterEach, before as beforeAll, beforeEach, expect };

type Body = () => unknown;

function runTest(name: string, body: Body): void {
  nodeTest(name, async () => {
    await body();
  });
}

function runSuite(name: string, body: Body): void {
  nodeDescribe(name, () => void body());
}

const skipTest = (name: string) => void nodeTest.skip(name);
const skipSuite = (name: string) => void nodeDescribe.skip(name);

export const test = Object.assign(runTest, { skip: skipTest, each: bind(runTest, false) });
export const describe = Object.assign(runSuite, { skip: skipSuite, each: bind(runSuite, false) });

export const jest = {
  /** Node's tests have no limit of time. */
  setTimeout: () => undefined,
  useFakeTimers: () => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }),
  advanceTimersByTime: (ms: number) => mock.timers.tick(ms),
  useRealTimers: () => mock.timers.reset(),
};
