import type { Span } from './messages.ts';
import type { JobEvents, RemoteJob } from './remote-job.ts';

/** The output of a dump. The job waits for a slow consumer, and ends when the consumer stops early. */
export async function* readDump(
  start: (events: JobEvents) => RemoteJob<'dump'>,
): AsyncGenerator<Uint8Array, void, void> {
  const spans: Span[] = [];
  let arrived = Promise.withResolvers<void>();
  const output = (span: Span) => {
    spans.push(span);
    arrived.resolve();
  };
  const job = start({ output });
  const ended = job.result.then(() => true);
  try {
    for (;;) {
      for (let span = spans.shift(); span !== undefined; span = spans.shift()) {
        yield new Uint8Array(span.buffer, 0, span.length);
        job.sendCredit();
      }
      arrived = Promise.withResolvers();
      const isOver = await Promise.race([ended, arrived.promise]);
      if (isOver === true && spans.length === 0) return;
    }
  } finally {
    job.abort(new Error('nobody reads on'));
    await job.result.catch(() => undefined);
  }
}
