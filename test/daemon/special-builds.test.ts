import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

let shop: Workshop;
let daemon: TenonDaemon;

beforeAll(async () => {
  shop = createWorkshop();
  const certificates = join(shop.store.root, 'own.pem');
  writeFileSync(certificates, 'own certificates');
  daemon = await startTenon(shop.store, { conf: [`ssl-cert-file = ${certificates}`] });
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const hashOf = (text: string) => `builtins.hashString "sha256" ${JSON.stringify(text)}`;
const fixed = (mode: 'flat' | 'recursive', hash: string) =>
  `outputHashMode = "${mode}"; outputHashAlgo = "sha256"; outputHash = ${hash};`;
const fails = async (text: string, flags: readonly string[] = []) => {
  const { status, stderr } = await shop.tryBuild(text, flags);
  expect(status).not.toBe(0);
  return stderr;
};
const isValid = async (path: string) =>
  (await shop.run(['nix-store', '--check-validity', path])).status === 0;

describe('a fixed output', () => {
  test('with another content is refused, and says both hashes', async () => {
    const text = `run "wrong" { ${fixed('flat', hashOf('this'))} } "printf that > $out"`;
    const message = await fails(text);
    expect(message).toMatch(/hash mismatch in fixed-output derivation '.*-wrong.drv':/);
    expect(message).toMatch(/specified: sha256-HreWAkEe8Cz2\/hF4lwFf\/4n4D6zk7M1QQlxFFJsUhAg=\n/);
    expect(message).toMatch(/got: +sha256-jn\/AI2r0Pfk0BoX8FvHv42VDzBcHBRIgoQOtmc9pot8=\n/);
    const path = await shop.ask(['nix-store', '-q', '--outputs', await shop.instantiate(text)]);
    expect(await isValid(path)).toBe(false);
  });

  test.each([
    { flaw: 'is a directory', script: 'mkdir $out' },
    { flaw: 'is executable', script: 'printf this > $out; chmod +x $out' },
    { flaw: 'is a symlink', script: 'ln -s this $out' },
  ])('with a flat hash is refused when it $flaw', async ({ script }) => {
    const text = `run "not-flat" { ${fixed('flat', hashOf('this'))} why = "${script}"; } "${script}"`;
    expect(await fails(text)).toContain('should be a non-executable regular file');
  });

  test('that refers to a store path is refused', async () => {
    const script = `echo $\{./run.nix} > $out`;
    const hash = '"0000000000000000000000000000000000000000000000000000"';
    const text = `run "refers" { ${fixed('recursive', hash)} } "${script}"`;
    expect(await fails(text)).toMatch(/hash mismatch|must not reference store paths/);
  });

  test('is built once for all derivations that promise the same content', async () => {
    const promise = (how: string) =>
      `run "promised" { ${fixed('flat', hashOf('same'))} how = "${how}"; } "printf same > $out"`;
    const first = await shop.build(promise('one way'));
    const second = await shop.tryBuild(promise('another way'));
    expect(second.stdout.trim()).toBe(first);
    expect(second.stderr).not.toContain('building');
  });

  test('has the network of the machine', async () => {
    const script = "sed -n s/:.*//p /proc/net/dev | tr -d ' ' > $out; cat $out; ls /etc";
    const { stderr } = await shop.tryBuild(
      `run "network" { ${fixed('flat', hashOf('x'))} } "${script}"`,
    );
    expect(stderr).toContain('nsswitch.conf');
  });
});

test('a fixed output sees the certificates that nix.conf names where all have them', async () => {
  const promise = fixed('flat', hashOf('own certificates'));
  const script = 'cat /etc/ssl/certs/ca-certificates.crt > $out';
  await shop.build(`run "certificates" { ${promise} } "${script}"`);
});

describe('builtin:fetchurl', () => {
  let server: Server;
  let base: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/file' }).end();
      else if (request.url === '/file') response.end('fetched');
      else response.writeHead(404).end('no such file');
    });
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
  });

  const fetchText = (url: string, more = fixed('flat', hashOf('fetched'))) => `derivation {
    name = "fetched"; system = "builtin"; builder = "builtin:fetchurl"; url = "${url}"; ${more} }`;

  test.each(['/file', '/moved'])('fetches %s of a server', async path => {
    const built = await shop.build(fetchText(`${base}${path}`));
    expect(await shop.ask(['cat', built])).toBe('fetched');
  });

  test('fetches a file of the store', async () => {
    const url = `\${builtins.toFile "here" "from a file"}`;
    const built = await shop.build(
      fetchText(`file://${url}`, fixed('flat', hashOf('from a file'))),
    );
    expect(await shop.ask(['cat', built])).toBe('from a file');
  });

  test('makes the file executable when asked to', async () => {
    const directory = join(shop.store.root, 'executable');
    writeFileSync(directory, 'fetched', { mode: 0o755 });
    const sri = await shop.ask(['nix-hash', '--type', 'sha256', directory]);
    const more = `${fixed('recursive', `"${sri}"`)} executable = true;`;
    const built = await shop.build(fetchText(`${base}/file`, more));
    expect(await shop.ask(['stat', '-c', '%a', built])).toBe('555');
  });

  test('says what the server answers when there is no such file', async () => {
    const more = fixed('flat', hashOf('never there'));
    expect(await fails(fetchText(`${base}/missing`, more))).toContain(
      `error: Cannot fetch ${base}/missing: the server answers 404 Not Found`,
    );
  });

  test('is refused when it promises nothing', async () => {
    expect(await fails(fetchText(`${base}/file`, ''))).toContain('fetched.drv');
  });
});

describe('limits on references', () => {
  const bb = '(builtins.path { name = "bb"; path = ./bb; })';
  const refer = (attributes: string) =>
    `let input = run "input" {} "echo $\{${bb}} > $out"; in run "refers" { ${attributes} } "echo $\{input} $out > $out"`;

  test.each([
    { what: 'allowed references', attributes: 'allowedReferences = [ "out" input ];' },
    { what: 'allowed requisites', attributes: `allowedRequisites = [ "out" input ${bb} ];` },
    { what: 'others disallowed', attributes: `disallowedReferences = [ ${bb} ];` },
  ])('let an output pass: $what', async ({ attributes }) => {
    expect(await shop.build(refer(attributes))).toContain('-refers');
  });

  test.each([
    { what: 'no allowed references', attributes: 'allowedReferences = [ ];', named: '-input' },
    { what: 'not allowed itself', attributes: 'allowedReferences = [ input ];', named: '-refers' },
    { what: 'a requisite too many', attributes: 'allowedRequisites = [ input ];', named: '-bb' },
    { what: 'disallowed', attributes: 'disallowedReferences = [ input ];', named: '-input' },
    {
      what: 'a disallowed requisite',
      attributes: `disallowedRequisites = [ ${bb} ];`,
      named: '-bb',
    },
  ])('refuse an output: $what', async ({ attributes, named }) => {
    const message = await fails(refer(attributes));
    expect(message).toMatch(/output '.*-refers' is not allowed to refer to the following paths:/);
    expect(message).toContain(named);
  });

  test('are those of each output with structured attributes', async () => {
    const limits = '__structuredAttrs = true; outputChecks.out.maxSize = 1000;';
    const script = `yes | head -c 2000 > \${placeholder "out"}`;
    expect(await fails(`run "big" { ${limits} } "${script}"`)).toMatch(
      /path '.*-big' is too large at \d+ bytes; limit is 1000 bytes/,
    );
  });
});
