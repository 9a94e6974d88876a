import { dirname } from 'node:path';
import type { SettingSource } from '../config/setup-settings.ts';
import { formatHash, hashBytes } from '../formats/hash.ts';
import type { Change, Step } from './action.ts';
import type { Survey } from './run.ts';

/** A plan as others see it, plain JSON: the same host gives the same bytes. */
export interface DescribedPlan {
  readonly schemaVersion: 1;
  readonly host: DescribedHost;
  readonly settings: readonly Setting[];
  readonly steps: readonly DescribedStep[];
  /** Of all that comes before it, but for the host's kernel and the like. */
  readonly digest: string;
}

export interface DescribedHost {
  readonly distro: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly init: string;
  /** Where this host's `/` is on the machine that looks. */
  readonly root: string;
}

export type SettingValue = string | number | readonly string[];

export interface Setting {
  readonly name: string;
  readonly value: SettingValue;
  readonly source: SettingSource;
  readonly default: SettingValue;
}

export interface DescribedStep {
  readonly id: string;
  readonly kind: string;
  readonly group: string;
  readonly target: string;
  readonly action: Change | 'none' | 'conflict' | 'unknown';
  readonly title: string;
  readonly reason: string;
  readonly undo: string;
  readonly risk: Risk;
  /** Digests of what is there and of what is wanted: equal where nothing is to do, null where nobody may look. */
  readonly before: string | null;
  readonly after: string;
  /** The steps that have to be done for this one. */
  readonly requires: readonly string[];
}

/** What can be lost: nothing, nothing of others, or something that was there before. */
type Risk = 'none' | 'low' | 'high';

export function describePlan(
  host: DescribedHost,
  settings: readonly Setting[],
  surveys: readonly Survey[],
): DescribedPlan {
  const all = surveys.map(({ step }) => step);
  const steps = surveys.map(each => describeStep(each, all));
  const digest = digestOf({ settings, steps });
  return { schemaVersion: 1, host, settings, steps, digest };
}

function describeStep({ step, action, inspection }: Survey, all: readonly Step[]): DescribedStep {
  const { id, kind, group, reason } = step;
  const { target, undoText: undo } = action;
  const after = digestOf(step.spec);
  const about = {
    id,
    kind,
    group,
    target,
    reason,
    undo,
    after,
    requires: requirementsOf(step, all),
  };
  switch (inspection.state) {
    case 'done':
      return { ...about, action: 'none', title: target, risk: 'none', before: after };
    case 'conflict':
    case 'unknown': {
      const { state, reason: title } = inspection;
      return { ...about, action: state, title, risk: 'none', before: null };
    }
    case 'todo': {
      const { change } = inspection;
      const risk = change === 'create' ? 'low' : 'high';
      const before = digestOf(inspection.undo);
      return { ...about, action: change, title: action.title(change), risk, before };
    }
    default:
      return inspection satisfies never;
  }
}

/** Earlier steps that this one cannot do without: its folder, its group, or what it is to be done again with. */
function requirementsOf(step: Step, all: readonly Step[]): readonly string[] {
  const earlier = all.slice(0, all.indexOf(step)).map(({ id }) => id);
  const path = /^(?:directory|file|block|log):(.*)$/u.exec(step.id)?.[1];
  const group =
    step.group === 'Accounts' ? all.find(({ kind }) => kind === 'group')?.id : undefined;
  const wanted = new Set([
    ...(path === undefined ? [] : [`directory:${dirname(path)}`]),
    ...(group === undefined ? [] : [group]),
    ...(step.redoWith ?? []),
  ]);
  return earlier.filter(id => wanted.has(id));
}

function digestOf(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return formatHash(hashBytes('sha256', new TextEncoder().encode(text)), 'sri');
}
