import type { Codec } from '../formats/wire.ts';

/**
 * How the bytes behind a request travel:
 *
 *   framed      in frames (`frames.ts`)
 *   inline-nar  as they are: only the NAR itself tells where it ends
 *   pulled      in strings, each of which answers a `read` message of the daemon
 */
export type BodyForm = 'framed' | 'inline-nar' | 'pulled';

/** One operation of the worker protocol: a word, a request, messages, a reply (Nix: src/libstore/daemon.cc). */
export interface Op<Request, Reply> {
  readonly number: number;
  readonly name: string;
  /** The first minor that has it; none for those that are older than any supported version. */
  readonly since?: number;
  readonly request: Codec<Request>;
  /** How the bytes travel that follow the request, if any do. */
  readonly body?: (minor: number) => BodyForm;
  readonly reply: Codec<Reply>;
}
