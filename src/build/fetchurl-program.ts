import { chmodSync, createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/**
 * The program behind `builtin:fetchurl`, which runs inside the sandbox of a fixed-output build: fetches `url` into
 * `out`, and makes that executable if asked to. It stands alone, because nothing else of tenon is visible there.
 */
const { url = '', out = '', executable, unpack } = process.env;

async function open(from: URL): Promise<Readable> {
  if (from.protocol === 'file:') return createReadStream(fileURLToPath(from));
  const response = await fetch(from, { redirect: 'follow' });
  if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`);
  if (response.body === null) return Readable.from([]);
  return Readable.fromWeb(response.body);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

try {
  if (unpack === '1') throw new Error('unpacking is not supported yet');
  process.stderr.write(`fetching ${url}\n`);
  await pipeline(await open(new URL(url)), createWriteStream(out, { flags: 'wx' }));
  if (executable === '1') chmodSync(out, 0o755);
} catch (error) {
  process.stderr.write(`error: Cannot fetch ${url}: ${reasonOf(error)}\n`);
  process.exitCode = 1;
}
