import { messageOf } from '../base/errors.ts';
import type { SetupEvent } from '../setup/run.ts';
import type { Output } from '../ui/output.ts';

/** Hands events on, and writes each as a line of JSON on the way. */
export async function* streamTo<Ending>(
  out: Output,
  events: AsyncGenerator<SetupEvent, Ending>,
): AsyncGenerator<SetupEvent, Ending> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    out.event(asRecord(next.value));
    yield next.value;
  }
}

function asRecord(event: SetupEvent) {
  const { event: name } = event;
  if (name === 'rollback') return { event: name, error: messageOf(event.error) };
  const { id, group } = event.step;
  if (name === 'kept') return { event: name, id, group, ...event.kept };
  const { title } = event;
  if (name === 'failed') return { event: name, id, group, title, error: messageOf(event.error) };
  return { event: name, id, group, title };
}
