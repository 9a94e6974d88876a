/** The part of `jest --json` that is read here. */
export interface JestReport {
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly title: string;
      readonly ancestorTitles: readonly string[];
    }[];
  }[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  /** The names of skipped tests, up to the one with the reason in it. */
  readonly skipped: readonly string[];
}

/** A test file that could not be loaded counts as one failed test, and so does a run without a report. */
export function countTests(report: JestReport | undefined): TestCounts {
  if (report === undefined) return { passed: 0, failed: 1, skipped: [] };
  const tests = report.testResults.flatMap(file => file.assertionResults);
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed:
      tests.filter(({ status }) => status === 'failed').length + report.numRuntimeErrorTestSuites,
    skipped: tests
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ ancestorTitles, title }) => nameWithReason([...ancestorTitles, title])),
  };
}

/** The last line is alone on its line and has the counts of everything that ran. */
export function summaryLines(runs: readonly TestCounts[]): readonly string[] {
  const skipped = runs.flatMap(run => run.skipped);
  const sum = (pick: (run: TestCounts) => number) => runs.reduce((all, run) => all + pick(run), 0);
  const counts = `${sum(run => run.passed)} passed, ${sum(run => run.failed)} failed`;
  const shown = [...new Set(skipped)].map(name => {
    const times = skipped.filter(each => each === name).length;
    return times === 1 ? `skipped: ${name}` : `skipped: ${name}, ${times} tests`;
  });
  return [...shown, skipped.length === 0 ? counts : `${counts}, ${skipped.length} skipped`];
}

/** Reasons stand in parentheses at the end of the title of what is skipped. */
function nameWithReason(titles: readonly string[]): string {
  const end = titles.findIndex(title => title.endsWith(')'));
  return titles.slice(0, end === -1 ? titles.length : end + 1).join(' › ');
}
