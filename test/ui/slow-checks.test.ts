import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchSlowChecks } from '../../src/ui/slow-checks.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('names once what is still being waited for', () => {
  const told: string[] = [];
  using slow = watchSlowChecks(['quick', 'stuck'], text => told.push(text));
  slow.done('quick');
  jest.advanceTimersByTime(60_000);
  expect(told).toEqual(['still waiting for stuck']);
});

test('says nothing when all is done in time', () => {
  const told: string[] = [];
  {
    using _slow = watchSlowChecks(['quick'], text => told.push(text));
  }
  jest.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});
