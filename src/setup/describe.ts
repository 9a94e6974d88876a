import type { SettingSource } from '../config/setup-settings.ts';
import type { Change } from './action.ts';
import type { Survey } from './run.ts';

/** A plan as others see it, plain JSON: the same host gives the same bytes. */
export interface DescribedPlan {
  readonly schemaVersion: 1;
  readonly host: DescribedHost;
  readonly settings: readonly Setting[];
  readonly steps: readonly DescribedStep[];
}

export interface DescribedHost {
  readonly distro: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly init: string;
}

type SettingValue = string | number | readonly string[];

export interface Setting {
  readonly name: string;
  readonly value: SettingValue;
  readonly source: SettingSource;
  readonly default: SettingValue;
}

interface DescribedStep {
  readonly id: string;
  readonly kind: string;
  readonly group: string;
  readonly target: string;
  readonly action: Change | 'none' | 'conflict';
  readonly title: string;
  readonly reason: string;
  readonly undo: string;
}

export function describePlan(
  host: DescribedHost,
  settings: readonly Setting[],
  surveys: readonly Survey[],
): DescribedPlan {
  return { schemaVersion: 1, host, settings, steps: surveys.map(describeStep) };
}

function describeStep({ step, action, inspection }: Survey): DescribedStep {
  const { id, kind, group, reason } = step;
  const { target, undoText: undo } = action;
  switch (inspection.state) {
    case 'done':
      return { id, kind, group, target, action: 'none', title: target, reason, undo };
    case 'conflict':
      return {
        id,
        kind,
        group,
        target,
        action: 'conflict',
        title: inspection.reason,
        reason,
        undo,
      };
    case 'todo': {
      const { change } = inspection;
      return { id, kind, group, target, action: change, title: action.title(change), reason, undo };
    }
    default:
      return inspection satisfies never;
  }
}
