import type { Reading, Source } from '../formats/wire.ts';
import { disconnected } from './errors.ts';

/** Bytes that arrive over time: a channel, or the body of a request. */
export interface ByteFeed {
  /** The bytes that came next, never none; undefined when no more will come. */
  next(): Promise<Uint8Array | undefined>;
}

/** Runs `reading` on `source`, pushing what `feed` gives. Throws `protocol/disconnected` when that ends too early. */
export async function receive<T>(reading: Reading<T>, source: Source, feed: ByteFeed): Promise<T> {
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
    source.push(await nextOf(feed));
  }
}

/** The next bytes, which have to exist. */
export async function nextOf(feed: ByteFeed): Promise<Uint8Array> {
  const chunk = await feed.next();
  if (chunk === undefined) throw disconnected();
  return chunk;
}

/** The same bytes for a `for await` loop. */
export async function* chunksOf(feed: ByteFeed): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const chunk = await feed.next();
    if (chunk === undefined) return;
    yield chunk;
  }
}
