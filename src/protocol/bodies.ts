import { type NarVisitor, readNar } from '../formats/nar.ts';
import { bytes, Source } from '../formats/wire.ts';
import { badChunk, brokenBody } from './errors.ts';
import { type ByteFeed, nextOf, receive } from './feed.ts';
import { FrameReader } from './frames.ts';
import type { BodyForm } from './op.ts';

/**
 * The bodies of requests on the receiving side. Each is a feed of its own that gives views of what arrived, and ends
 * with the body, whatever follows on the connection.
 */

/** The bytes behind a request. They must be drained before the next request can be found. */
export interface RequestBody extends ByteFeed {
  /** The whole body, when it is framed, small, and has arrived: nobody need wait for it. Else nothing is taken. */
  takeWhole(maxBytes: number): Uint8Array | undefined;
  /** Goes on to where the next request starts. Throws when that cannot be told, as after a broken NAR. */
  drain(): Promise<void>;
}

/** What a body comes through. */
export interface BodyChannel {
  /** What arrived behind the request. What follows the body is left in it. */
  readonly source: Source;
  readonly feed: ByteFeed;
  /** Sends a `read` message for at most so many bytes, at once. */
  askFor(maxBytes: number): void;
}

/** What Nix asks for at a time. */
const PULL_BYTES = 32 * 1024;

/** Only the end of the NAR matters. */
const NOBODY: NarVisitor = {
  directory: () => undefined,
  file: () => undefined,
  contents: () => undefined,
  symlink: () => undefined,
  leave: () => undefined,
};

/** The body of a request. One that is pulled has to be a NAR. */
export function requestBody(form: BodyForm, channel: BodyChannel): RequestBody {
  switch (form) {
    case 'framed':
      return framedBody(channel);
    case 'inline-nar':
      return narFrom(channel.source, channel.feed);
    case 'pulled': {
      const nar = narFrom(new Source(channel.source.dialect), pulledFeed(channel));
      // The client sends nothing that it is not asked for.
      return { next: nar.next, takeWhole: () => undefined, drain: () => Promise.resolve() };
    }
    default:
      return form satisfies never;
  }
}

/** What the client sends when asked. It does not end: whoever reads has to know when to stop. */
function pulledFeed({ source, feed, askFor }: BodyChannel): ByteFeed {
  return {
    async next() {
      askFor(PULL_BYTES);
      const chunk = await receive(bytes.read(source), source, feed);
      if (chunk.length === 0 || chunk.length > PULL_BYTES) throw badChunk(chunk.length, PULL_BYTES);
      return chunk;
    },
  };
}

/** The bytes of one NAR that starts with what `source` has. What follows it is left there. */
export function narFrom(source: Source, feed: ByteFeed): RequestBody {
  const inner = new Source(source.dialect);
  const reading = readNar(inner, NOBODY);
  let state: 'reading' | 'broken' | 'ended' = 'reading';
  return drainable(async () => {
    if (state === 'ended') return undefined;
    if (state === 'broken') throw brokenBody();
    if (source.available === 0) source.push(await nextOf(feed));
    const chunk = source.take(source.available);
    inner.push(chunk);
    state = 'broken';
    state = reading.next().done === true ? 'ended' : 'reading';
    if (state === 'reading') return chunk;
    const end = chunk.length - inner.available;
    source.push(chunk.subarray(end));
    return chunk.subarray(0, end);
  });
}

function framedBody({ source, feed }: BodyChannel): RequestBody {
  const frames = new FrameReader();
  return {
    ...drainable(() => receive(frames.read(source), source, feed)),
    takeWhole: maxBytes => frames.takeWhole(source, maxBytes),
  };
}

function drainable(next: ByteFeed['next']): RequestBody {
  return {
    next,
    takeWhole: () => undefined,
    async drain() {
      while ((await next()) !== undefined);
    },
  };
}
