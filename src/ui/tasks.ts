import type { Output } from './output.ts';
import { printable } from './output.ts';

/** One thing that happens in a task; `group` names the task. */
export interface TaskEvent {
  readonly group: string;
  readonly kind: 'start' | 'done' | 'failed' | 'note';
  readonly title: string;
}

/**
 * Shows events while they happen: a live list of tasks on a terminal, a line each elsewhere. Gives what the events
 * return.
 */
export async function showTasks<Result>(
  out: Output,
  groups: readonly string[],
  events: AsyncGenerator<TaskEvent, Result>,
): Promise<Result> {
  return out.isLive ? await showLive(groups, events) : await showLines(out, events);
}

async function showLines<Result>(
  out: Output,
  events: AsyncGenerator<TaskEvent, Result>,
): Promise<Result> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    const { kind, title } = next.value;
    if (kind !== 'done') out.line(`${LINE_STARTS[kind]}${printable(title)}`);
  }
}

const LINE_STARTS = { start: '  ', failed: 'x ', note: '- ' } as const;

/** How a task of the list ended; one that never had an event was not needed or not reached. */
type Ending = 'done' | 'failed' | 'skipped';

interface Task {
  readonly ended: PromiseWithResolvers<Ending>;
  show(title: string): void;
}

/** The list waits for the events: a task ends when one of another task arrives. */
async function showLive<Result>(
  groups: readonly string[],
  events: AsyncGenerator<TaskEvent, Result>,
): Promise<Result> {
  const first = await events.next();
  return first.done ? first.value : await showList(groups, first.value, events);
}

async function showList<Result>(
  groups: readonly string[],
  first: TaskEvent,
  events: AsyncGenerator<TaskEvent, Result>,
): Promise<Result> {
  const { Listr } = await import('listr2');
  const tasks = new Map(groups.map(group => [group, newTask()]));
  const list = new Listr(
    [...tasks].map(([title, task]) => ({
      title,
      task: async (_context, shown) => {
        task.show = text => {
          shown.output = printable(text);
        };
        const ending = await task.ended.promise;
        if (ending === 'skipped') shown.skip();
        if (ending === 'failed') throw new Error(title);
      },
    })),
    {
      concurrent: false,
      exitOnError: false,
      // Its own would end the process in the middle of a step.
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false },
    },
  );
  const shown = list.run();
  const rest = await drive(tasks, first, events).finally(() => {
    for (const { ended } of tasks.values()) ended.resolve('skipped');
  });
  await shown;
  if (rest.done) return rest.value;
  return await showList([rest.value.group], rest.value, events);
}

function newTask(): Task {
  return { ended: Promise.withResolvers(), show: () => undefined };
}

/** Follows the events until their end, or until one of a task that is not in the list. */
async function drive<Result>(
  tasks: ReadonlyMap<string, Task>,
  first: TaskEvent,
  events: AsyncGenerator<TaskEvent, Result>,
): Promise<IteratorResult<TaskEvent, Result>> {
  let next: IteratorResult<TaskEvent, Result> = { done: false, value: first };
  let current: string | undefined;
  while (!next.done && tasks.has(next.value.group)) {
    const { group, kind, title } = next.value;
    if (group !== current) {
      endBefore(tasks, group, current);
      current = group;
    }
    tasks.get(group)?.show(title);
    if (kind === 'failed') tasks.get(group)?.ended.resolve('failed');
    next = await events.next();
  }
  endBefore(tasks, undefined, current);
  return next;
}

/** Ends the tasks in front of `group`, or all of them. */
function endBefore(
  tasks: ReadonlyMap<string, Task>,
  group: string | undefined,
  current: string | undefined,
): void {
  for (const [name, { ended }] of tasks) {
    if (name === group) return;
    ended.resolve(name === current ? 'done' : 'skipped');
  }
}
