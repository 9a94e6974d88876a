import { TenonError } from '../base/errors.ts';

/** The other side does not speak this protocol at all. */
export function badMagic(word: number | bigint): TenonError {
  return new TenonError(
    'protocol/bad-magic',
    `Cannot talk to the other side: it opens with 0x${word.toString(16)}, which is not the store protocol`,
  );
}

/** The other side speaks a version of the protocol that has nothing in common with ours. */
export function unsupportedVersion(word: number | bigint): TenonError {
  return new TenonError(
    'protocol/unsupported-version',
    `Cannot talk to the other side: its protocol version is 0x${word.toString(16)}`,
  );
}

/** The client is older than Nix 2.0. The message is the one that Nix itself gives. */
export function clientTooOld(): TenonError {
  return new TenonError('protocol/client-too-old', 'the Nix client version is too old', {
    hint: 'Use a client of Nix 2.0 or newer',
  });
}

/** The daemon is older than Nix 2.0. */
export function daemonTooOld(minor: number): TenonError {
  return new TenonError(
    'protocol/daemon-too-old',
    `Cannot talk to the daemon: it speaks version 1.${minor}, and 1.18 is the oldest supported`,
    { hint: 'Upgrade the daemon to Nix 2.0 or newer' },
  );
}

/** A word stands where only certain words have a meaning. */
export function badWord(what: string, word: number | bigint): TenonError {
  return new TenonError('protocol/bad-word', `Cannot read ${what}: there is no ${what} ${word}`);
}

/** A string stands where only certain strings have a meaning. */
export function badText(what: string, text: string): TenonError {
  return new TenonError('protocol/bad-text', `Cannot read ${what}: there is no ${what} "${text}"`);
}

/** A value cannot be said in the negotiated version. */
export function notInVersion(what: string, minor: number): TenonError {
  return new TenonError(
    'protocol/not-in-version',
    `Cannot ask for ${what}: the protocol has no such thing in version 1.${minor}`,
  );
}

/** The stream ended in the middle of a value. */
export function disconnected(): TenonError {
  return new TenonError(
    'protocol/disconnected',
    'Cannot read on: the other side closed the connection in the middle of a message',
  );
}

/** A frame or chunk announces more bytes than any client or daemon sends. */
export function frameTooLong(length: number | bigint): TenonError {
  return new TenonError(
    'protocol/frame-too-long',
    `Cannot read a frame: it claims to have ${length} bytes`,
  );
}

/** The client answers a request for bytes with none, or with more than it was asked for. */
export function badChunk(length: number, maxBytes: number): TenonError {
  return new TenonError(
    'protocol/bad-chunk',
    `Cannot read what was asked for: ${length} bytes came where 1 to ${maxBytes} are allowed`,
  );
}

/** A NAR without frames was broken, so nobody can tell where the next request starts. */
export function brokenBody(): TenonError {
  return new TenonError(
    'protocol/broken-body',
    'Cannot read on: the NAR before was broken, and only its end tells where the next request starts',
  );
}
