import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NarWriter, narOfFile } from '../../src/formats/nar.ts';
import { encode, bytes as lengthAndBytes, Sink, Source } from '../../src/formats/wire.ts';
import { requestBody } from '../../src/protocol/bodies.ts';
import { type ByteFeed, chunksOf } from '../../src/protocol/feed.ts';
import { END_OF_FRAMES, frameHeader } from '../../src/protocol/frames.ts';
import type { BodyForm } from '../../src/protocol/op.ts';
import { anyBytes, anyTree, walk } from '../formats/arbitraries.ts';
import { coded, DIALECT } from '../formats/feed.ts';
import { wire } from './laws.ts';

const REST = Buffer.from('the next request');

/** Bytes that arrive in pieces, and then no more. */
function feedOf(data: Uint8Array, size = data.length): ByteFeed {
  let at = 0;
  return {
    async next() {
      if (at >= data.length) return undefined;
      at += size;
      return data.subarray(at - size, at);
    },
  };
}

/** A body whose bytes, and what follows them, arrive in pieces. */
function bodyOf(form: BodyForm, sent: Uint8Array, size?: number) {
  const source = new Source(DIALECT);
  const asked: number[] = [];
  const askFor = (maxBytes: number) => void asked.push(maxBytes);
  return { source, asked, body: requestBody(form, { source, feed: feedOf(sent, size), askFor }) };
}

async function readAll(feed: ByteFeed): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunksOf(feed)));
}

function framesOf(chunks: readonly Uint8Array[]): Buffer {
  const frames = chunks.flatMap(chunk => [frameHeader(chunk.length), chunk]);
  return Buffer.concat([...frames, END_OF_FRAMES]);
}

const anyNar = anyTree.map(tree => {
  const sink = new Sink(DIALECT);
  walk(tree, new NarWriter(sink));
  return Buffer.from(sink.finish());
});

const anyChunks = fc.array(anyBytes(40).filter(chunk => chunk.length > 0));
const anySize = fc.integer({ min: 1, max: 50 });

describe('a framed body', () => {
  test('is what was framed, and leaves the rest', async () => {
    const law = fc.asyncProperty(anyChunks, anySize, async (chunks, size) => {
      const { source, body } = bodyOf('framed', Buffer.concat([framesOf(chunks), REST]), size);
      expect(await readAll(body)).toEqual(Buffer.concat(chunks));
      expect(REST.subarray(0, source.available)).toEqual(source.take(source.available));
    });
    await fc.assert(law);
  });

  test('hands out views of what arrived', async () => {
    const sent = framesOf([Buffer.from('12345678')]);
    const { body } = bodyOf('framed', sent);
    expect((await body.next())?.buffer).toBe(sent.buffer);
  });

  test('can be drained half-way, and again', async () => {
    const sent = Buffer.concat([framesOf([Buffer.from('a'), Buffer.from('b')]), REST]);
    const { source, body } = bodyOf('framed', sent);
    await body.next();
    await body.drain();
    await body.drain();
    expect(Buffer.from(source.take(source.available))).toEqual(REST);
  });

  test.each([
    { flaw: 'a frame of 4 GiB', sent: wire(2 ** 32), code: 'protocol/frame-too-long' },
    { flaw: 'a frame of 2^63 bytes', sent: wire(2n ** 63n), code: 'protocol/frame-too-long' },
    { flaw: 'the end inside a frame', sent: wire(9, 1), code: 'protocol/disconnected' },
    { flaw: 'the end between frames', sent: wire(8, 1), code: 'protocol/disconnected' },
  ])('refuses $flaw, and cannot be drained', async ({ sent, code }) => {
    const { body } = bodyOf('framed', sent);
    await expect(readAll(body)).rejects.toThrow(coded(code));
    await expect(body.drain()).rejects.toThrow(coded(code));
  });
});

describe('an inline NAR', () => {
  test('ends with its last byte', async () => {
    const law = fc.asyncProperty(anyNar, anySize, async (nar, size) => {
      const { source, body } = bodyOf('inline-nar', Buffer.concat([nar, REST]), size);
      expect(await readAll(body)).toEqual(nar);
      expect(REST.subarray(0, source.available)).toEqual(source.take(source.available));
    });
    await fc.assert(law);
  });

  test('starts with what has arrived already', async () => {
    const nar = narOfFile(Buffer.from('hello'));
    const { source, body } = bodyOf('inline-nar', REST);
    source.push(Buffer.concat([nar, REST]));
    expect(await readAll(body)).toEqual(Buffer.from(nar));
    expect(source.available).toBe(REST.length);
  });

  test('cannot be drained when it is broken', async () => {
    const { body } = bodyOf('inline-nar', wire('nix-archive-1', '(', 'type', 'socket', ')'));
    await expect(readAll(body)).rejects.toThrow(coded('formats/bad-nar'));
    await expect(body.drain()).rejects.toThrow(coded('protocol/broken-body'));
  });
});

describe('a pulled body', () => {
  const answers = (nar: Uint8Array, size: number) =>
    Buffer.concat(
      Array.from({ length: Math.ceil(nar.length / size) }, (_, index) =>
        encode(lengthAndBytes, nar.subarray(index * size, (index + 1) * size), DIALECT),
      ),
    );

  test('is asked for until the NAR ends', async () => {
    const law = fc.asyncProperty(anyNar, anySize, async (nar, size) => {
      const { source, body, asked } = bodyOf('pulled', answers(nar, size));
      expect(await readAll(body)).toEqual(nar);
      expect(asked).toHaveLength(Math.ceil(nar.length / size));
      expect(source.available).toBe(0);
    });
    await fc.assert(law);
  });

  test('is not asked for any more when it is drained', async () => {
    const nar = narOfFile(Buffer.from('hello'));
    const { body, asked } = bodyOf('pulled', answers(nar, 16));
    await body.next();
    await body.drain();
    expect(asked).toHaveLength(1);
  });

  test.each([
    { flaw: 'nothing', sent: wire('') },
    { flaw: 'more than was asked for', sent: wire('x'.repeat(32 * 1024 + 1)) },
  ])('refuses $flaw', async ({ sent }) => {
    const { body } = bodyOf('pulled', sent);
    await expect(readAll(body)).rejects.toThrow(coded('protocol/bad-chunk'));
  });
});
