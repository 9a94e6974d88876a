import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type ByteString, bufferOn, bytesOf, compareBytes } from './byte-string.ts';
import { badKey } from './errors.ts';
import { formatHash, type Hash } from './hash.ts';
import type { StorePath } from './store-path.ts';

/**
 * Signatures of store paths (Nix: src/libutil/signature, src/libstore/path-info.cc), Ed25519 over a fingerprint:
 *
 *   fingerprint = "1;" path ";sha256:" nix32 ";" narSize ";" references, full paths, sorted, joined by ","
 *   signature = name ":" base64 of 64 bytes
 *   publicKey = name ":" base64 of 32 bytes      secretKey = name ":" base64 of the seed and the public key
 */

export interface PublicKey {
  readonly name: ByteString;
  readonly bytes: Uint8Array;
}

export interface SecretKey {
  readonly name: ByteString;
  readonly seed: Uint8Array;
  readonly publicKey: PublicKey;
}

/** What a signature vouches for. */
export interface Signable {
  readonly path: StorePath;
  /** SHA-256. */
  readonly narHash: Hash;
  readonly narSizeBytes: number;
  /** With the path itself, if it refers to itself. */
  readonly references: readonly StorePath[];
}

const SEED_BYTES = 32;
const PUBLIC_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** What precedes the bytes of a key in DER (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function parsePublicKey(text: ByteString): PublicKey {
  const { name, bytes } = parseNamed(text);
  if (bytes?.length !== PUBLIC_BYTES) throw badKey(name, 'it is no public key of 32 bytes');
  return { name, bytes };
}

/** Errors name the key, never its contents. */
export function parseSecretKey(text: ByteString): SecretKey {
  const { name, bytes } = parseNamed(text);
  if (bytes?.length !== SEED_BYTES + PUBLIC_BYTES)
    throw badKey(name, 'it is no secret key of 64 bytes');
  const seed = bytes.subarray(0, SEED_BYTES);
  const announced = bytes.subarray(SEED_BYTES);
  if (!publicBytes(privateKey(seed)).equals(announced))
    throw badKey(name, 'its public half does not belong to its secret half');
  return { name, seed, publicKey: { name, bytes: announced } };
}

export function formatPublicKey({ name, bytes }: PublicKey): ByteString {
  return `${name}:${bufferOn(bytes).toString('base64')}`;
}

/** What the signatures of a path are made of. */
export function pathFingerprint({ path, narHash, narSizeBytes, references }: Signable): ByteString {
  const hash = formatHash(narHash, 'nix32', { prefix: true });
  return ['1', path, hash, narSizeBytes, [...references].sort(compareBytes).join(',')].join(';');
}

/** The signature of a fingerprint, of a path's or a realisation's. */
export function signFingerprint({ name, seed }: SecretKey, fingerprint: ByteString): ByteString {
  const signature = sign(null, bytesOf(fingerprint), privateKey(seed));
  return `${name}:${signature.toString('base64')}`;
}

/** Whether one of the signatures is a good one by one of the keys. Signatures that cannot be read do not count. */
export function isFingerprintSigned(
  keys: readonly PublicKey[],
  fingerprint: ByteString,
  signatures: readonly ByteString[],
): boolean {
  return signatures.some(signature => {
    const { name, bytes } = parseNamed(signature);
    const key = keys.find(candidate => candidate.name === name);
    if (key === undefined || bytes?.length !== SIGNATURE_BYTES) return false;
    return verify(null, bytesOf(fingerprint), publicKeyObject(key), bytes);
  });
}

/** Whether one of the keys vouches for the path. */
export function isSignedByAny(
  keys: readonly PublicKey[],
  info: Signable & { readonly signatures: readonly ByteString[] },
): boolean {
  return isFingerprintSigned(keys, pathFingerprint(info), info.signatures);
}

/** Bytes are undefined when they are not base 64. */
function parseNamed(text: ByteString): { name: ByteString; bytes: Buffer | undefined } {
  const at = text.indexOf(':');
  const name = text.slice(0, Math.max(at, 0));
  const encoded = text.slice(at + 1).trim();
  const bytes = Buffer.from(encoded, 'base64');
  const valid = name !== '' && bytes.toString('base64') === encoded;
  return { name, bytes: valid ? bytes : undefined };
}

function privateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

function publicKeyObject({ bytes }: PublicKey): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' });
}

function publicBytes(key: KeyObject): Buffer {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return der.subarray(SPKI_PREFIX.length);
}
