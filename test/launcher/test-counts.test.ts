import { describe, expect, test } from '@jest/globals';
import { countTests, summaryLines } from '../support/test-counts.ts';

function report(statuses: readonly string[], numRuntimeErrorTestSuites = 0) {
  const assertionResults = statuses.map((status, index) => ({
    status,
    title: `works ${index}`,
    ancestorTitles: ['machine (needs root)', 'part'],
  }));
  return { numRuntimeErrorTestSuites, testResults: [{ assertionResults }] };
}

describe('the summary of all tests', () => {
  test('ends with the counts of every run', () => {
    const runs = [report(['passed', 'passed']), report(['passed', 'failed'])].map(countTests);
    expect(summaryLines(runs)).toEqual(['3 passed, 1 failed']);
  });

  test('names what was skipped up to the reason', () => {
    const runs = [report(['passed', 'pending', 'pending'])].map(countTests);
    expect(summaryLines(runs)).toEqual([
      'skipped: machine (needs root), 2 tests',
      '1 passed, 0 failed, 2 skipped',
    ]);
  });

  test('counts a file that does not load', () => {
    expect(countTests(report(['passed'], 2)).failed).toBe(2);
  });

  test('counts a run without a report', () => {
    expect(countTests(undefined).failed).toBe(1);
  });
});
