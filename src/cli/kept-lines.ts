import type { Kept } from '../setup/action.ts';

/** What was left on purpose, a line for each reason. */
export function keptLines(kept: readonly Kept[]): readonly string[] {
  return [...new Set(kept.map(({ reason }) => reason))].flatMap(reason => {
    const same = kept.filter(each => each.reason === reason);
    const advice = [...new Set(same.map(each => each.advice).filter(text => text !== undefined))];
    return [
      `kept ${same.map(({ what }) => what).join(', ')}: ${reason}`,
      ...advice.map(text => `  ${text}`),
    ];
  });
}
