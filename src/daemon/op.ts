import type { Reading, Sink, Source } from '../formats/wire.ts';
import { explained } from '../host/system-error.ts';
import type { RequestBody } from '../protocol/bodies.ts';
import type { BodyForm, Op } from '../protocol/op.ts';
import type { Session } from './session.ts';

/** Writes a reply, after the message that announces one. What it gives, if anything, follows as it comes. */
export type WriteReply = (to: Sink) => AsyncIterable<Uint8Array> | undefined;

/** A request that has been read, ready to be served. */
export type ServeRequest = (
  session: Session,
  body: RequestBody,
) => WriteReply | Promise<WriteReply>;

/** An operation as the connection sees it: closed over its types, so that a list of them needs no casts. */
export interface ServedOp {
  readonly number: number;
  readonly name: string;
  readonly since: number;
  readonly body: ((minor: number) => BodyForm) | undefined;
  read(from: Source): Reading<ServeRequest>;
}

type Run<Request, Reply> = (
  session: Session,
  request: Request,
  body: RequestBody,
) => Reply | Promise<Reply>;

/** What a client is told that could not be done when the system refuses; continues "Cannot ". */
type Attempting<Request> = (request: Request) => string;

/** Joins an operation of the protocol with what the daemon does for it. */
export function defineOp<Request, Reply>(
  op: Op<Request, Reply>,
  run: Run<Request, Reply>,
  attempt: Attempting<Request> = () => `serve ${op.name}`,
): ServedOp {
  const { number, name, since = 0, body } = op;
  return {
    number,
    name,
    since,
    body,
    *read(from) {
      const request = yield* op.request.read(from);
      return (session, requestBody) => {
        const fail = (error: unknown): never => {
          const place = session.store.layout.storeDir;
          throw explained(error, { what: attempt(request), place });
        };
        const writerOf = (value: Reply) => (to: Sink) => {
          op.reply.write(to, value);
          return undefined;
        };
        try {
          const reply = run(session, request, requestBody);
          return reply instanceof Promise ? reply.then(writerOf, fail) : writerOf(reply);
        } catch (error) {
          return fail(error);
        }
      };
    },
  };
}

/** An operation whose reply is a stream of bytes. */
export function defineStreamingOp<Request>(
  op: Op<Request, undefined>,
  run: (session: Session, request: Request) => AsyncIterable<Uint8Array>,
): ServedOp {
  const { number, name, since = 0, body } = op;
  return {
    number,
    name,
    since,
    body,
    *read(from) {
      const request = yield* op.request.read(from);
      return session => {
        const stream = run(session, request);
        return () => stream;
      };
    },
  };
}
