import { messageOf } from '../base/errors.ts';
import type { AutomaticFix, Fix, FixTools } from './check.ts';
import type { FixOutcome } from './report.ts';
import type { CheckResult } from './run.ts';

/** A fix that tenon can apply, and the check that offers it. */
export interface Remedy {
  readonly check: string;
  readonly fix: AutomaticFix;
}

interface Surgery {
  judgeAgain(check: string): Promise<CheckResult | undefined>;
  /** Called before something is done. */
  announce(remedy: Remedy): void;
  readonly tools: FixTools;
}

/** Fixes that make what others build on: a service cannot start without its folders. */
const FOUNDATIONS = ['resume', 'setup'];

/** For each finding the first thing that tenon could do about it, foundations before the rest. */
export function findRemedies(results: readonly CheckResult[]): readonly Remedy[] {
  const remedies = results.flatMap(({ id, fixes }) => {
    const fix = fixes.find(isAutomatic);
    return fix === undefined ? [] : [{ check: id, fix }];
  });
  return remedies.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ fix }: Remedy): number {
  const index = FOUNDATIONS.indexOf(fix.id);
  return index === -1 ? FOUNDATIONS.length : index;
}

/**
 * Applies remedies one after the other. One may have cured what another was for, so each check is asked again before
 * its turn. A fix that fails stops no other.
 */
export async function applyRemedies(
  remedies: readonly Remedy[],
  { judgeAgain, announce, tools }: Surgery,
): Promise<readonly FixOutcome[]> {
  const outcomes: FixOutcome[] = [];
  for (const { check } of remedies) {
    const result = await judgeAgain(check);
    const [remedy] = result === undefined ? [] : findRemedies([result]);
    if (remedy === undefined) continue;
    announce(remedy);
    outcomes.push(await apply(remedy, tools));
  }
  return outcomes;
}

export function planRemedy({ check, fix }: Remedy): FixOutcome {
  const { id, description, commands } = fix;
  return { check, fix: id, description, commands, state: 'planned', error: null };
}

async function apply(remedy: Remedy, tools: FixTools): Promise<FixOutcome> {
  try {
    await remedy.fix.apply(tools);
    return { ...planRemedy(remedy), state: 'applied' };
  } catch (error) {
    tools.signal.throwIfAborted();
    return { ...planRemedy(remedy), state: 'failed', error: messageOf(error) };
  }
}

function isAutomatic(fix: Fix): fix is AutomaticFix {
  return fix.class === 'A';
}
