import { messageOf } from '../base/errors.ts';
import type { Kept, Step, StepGroup } from '../setup/action.ts';
import type { SetupEvent } from '../setup/run.ts';
import type { TaskEvent } from '../ui/tasks.ts';

/** The groups of steps in the order in which setup works through them. */
export const STEP_GROUPS: readonly StepGroup[] = [
  'Accounts',
  'Directories',
  'Files',
  'Shells',
  'Service',
];

/** The groups in which something was done, by setup or by a fix of the doctor. */
export function doneGroups(steps: readonly Pick<Step, 'group'>[]): readonly StepGroup[] {
  const hasFixes = steps.some(({ group }) => group === 'Fixes');
  return hasFixes ? [...STEP_GROUPS, 'Fixes'] : STEP_GROUPS;
}

const ROLLBACK = 'Roll back';

/** What is shown of setup's events, and what was left on purpose on the way. */
export async function* taskEvents<Result>(
  events: AsyncGenerator<SetupEvent, Result>,
  kept: Kept[] = [],
): AsyncGenerator<TaskEvent, Result> {
  let isRollback = false;
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    const event = next.value;
    if (event.event === 'rollback') {
      isRollback = true;
      yield { group: ROLLBACK, kind: 'start', title: 'Roll back what was done' };
      continue;
    }
    if (event.event === 'kept') kept.push(event.kept);
    yield { ...describe(event), group: isRollback ? ROLLBACK : event.step.group };
  }
}

function describe(event: Exclude<SetupEvent, { event: 'rollback' }>): Omit<TaskEvent, 'group'> {
  switch (event.event) {
    case 'start':
    case 'done':
      return { kind: event.event, title: event.title };
    case 'failed':
      return { kind: 'failed', title: `${event.title}: ${messageOf(event.error)}` };
    case 'kept':
      return { kind: 'note', title: `${event.kept.what} stays: ${event.kept.reason}` };
    default:
      return event satisfies never;
  }
}
