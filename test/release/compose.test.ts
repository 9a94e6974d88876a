import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { hostNames } from '../../src/config/layout.ts';
import { createHost } from '../../src/host/host.ts';
import { compose } from '../../src/release/compose.ts';
import { checkLicences } from '../../src/release/licences.ts';
import { composeTexts } from '../../src/release/repository.ts';
import { changesBetween, takeSnapshot } from '../support/machine-snapshot.ts';
import { checkout, composeRelease, type Release, removeFolder } from '../support/portage.ts';

// Composing takes a second on an idle machine.
jest.setTimeout(60_000);

const host = createHost('/');

describe('compose', () => {
  let folder: string;
  let release: Release;
  const read = (path: string) => readFileSync(join(release.repository, path), 'utf8');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tenon-compose-'));
    release = await composeRelease(join(folder, 'out'));
  });
  afterAll(() => removeFolder(folder));

  test('gives the same bytes every time', async () => {
    const again = join(folder, 'again');
    await compose(host, checkout, again);
    const [one, other] = [release.folder, again].map(path =>
      takeSnapshot(path, ['/repository', '/distfiles', '/etc']),
    );
    expect(one?.size).toBeGreaterThan(100);
    expect(changesBetween(one ?? new Map(), other ?? new Map())).toEqual([]);
  });

  test('names size and hashes of the tarball in a Manifest', () => {
    const name = `tenon-${release.version}.tar.xz`;
    const bytes = readFileSync(join(release.distfiles, name));
    const [blake2b, sha512] = ['blake2b512', 'sha512'].map(algorithm =>
      createHash(algorithm).update(bytes).digest('hex'),
    );
    expect(read('sys-apps/tenon/Manifest')).toBe(
      `DIST ${name} ${bytes.length} BLAKE2B ${blake2b} SHA512 ${sha512}\n`,
    );
  });

  test('makes the versioned ebuild from the live one', () => {
    const ebuild = read(`sys-apps/tenon/tenon-${release.version}.ebuild`);
    expect(ebuild).toBe(read('sys-apps/tenon/tenon-9999.ebuild'));
    expect(ebuild).toContain(`EGIT_REPO_URI="file://${checkout}"`);
  });

  test('makes all build users from one template, under the names and ids of other overlays', () => {
    const count = hostNames.buildUserCount;
    expect(read('acct-group/nixbld/nixbld-0.ebuild')).toContain('ACCT_GROUP_ID=30000\n');
    for (const [number, uid] of [
      [1, 30_001],
      [count, 30_000 + count],
    ])
      expect(read(`acct-user/nixbld${number}/nixbld${number}-1.ebuild`)).toContain(
        `ACCT_USER_ID=${uid}\n`,
      );
    const tenon = read('sys-apps/tenon/tenon-9999.ebuild');
    expect(tenon).toContain(`in {5..${count}}`);
  });

  test('packs no code that was compiled elsewhere, no node and nothing for development', () => {
    const tarball = join(release.distfiles, `tenon-${release.version}.tar.xz`);
    const paths = execFileSync('tar', ['-tf', tarball], { encoding: 'utf8' }).split('\n');
    const wrong =
      /\.(?:node|so)$|\/build\/(?:enter|witness)$|node_modules\/(?:node|jest|typescript|@types)\//;
    expect(paths.filter(path => wrong.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(
        ['src/tenon', 'src/enter/enter.c', 'src/enter/compile', 'node_modules/ini/LICENSE'].map(
          path => `tenon-${release.version}/${path}`,
        ),
      ),
    );
  });

  test('packs the tests that an ebuild can run, and their packages apart from the program', () => {
    const tarball = join(release.distfiles, `tenon-${release.version}.tar.xz`);
    const listed = execFileSync('tar', ['-tf', tarball], { encoding: 'utf8' }).split('\n');
    const paths = listed.map(path => path.replace(/^[^/]*\//, ''));
    expect(paths).toEqual(
      expect.arrayContaining([
        'test/formats/nar.test.ts',
        'test/support/without-jest.ts',
        'test/node_modules/expect/package.json',
        'test/node_modules/fast-check/package.json',
      ]),
    );
    expect(paths.filter(path => /^test\/(?:journeys|daemon)\/|stock-nix\.test/.test(path))).toEqual(
      [],
    );
    expect(paths).not.toContain('node_modules/expect/package.json');
  });

  test('refuses a folder with something in it', async () => {
    const full = join(folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'mine'), '');
    await expect(compose(host, checkout, full)).rejects.toMatchObject({
      code: 'release/not-empty',
    });
  });

  test('refuses a checkout that lacks a part', async () => {
    const part = join(folder, 'part');
    cpSync(join(checkout, 'package.json'), join(part, 'package.json'));
    await expect(compose(host, part, join(folder, 'none'))).rejects.toMatchObject({
      code: 'release/missing-part',
    });
  });
});

test('composeTexts refuses a marker that means nothing', () => {
  const source = { overlay: new Map(), version: '1', checkout: '/c' };
  const ebuilds = new Map([['a/b/b-1.ebuild', 'X=@WHAT@\n']]);
  expect(() => composeTexts({ ...source, ebuilds })).toThrow(
    expect.objectContaining({ code: 'release/unknown-marker' }),
  );
});

describe('checkLicences', () => {
  const ebuild = 'EAPI=8\nLICENSE="MIT BSD"\n';

  test('takes what the ebuild names', () => {
    expect(() => checkLicences(ebuild, [{ name: 'a', licence: 'BSD-3-Clause' }])).not.toThrow();
  });

  test.each([
    { licence: 'ISC', flaw: 'that the ebuild does not name' },
    { licence: 'GPL-9', flaw: 'that Gentoo has no name for' },
    { licence: 'undefined', flaw: 'that is not stated' },
  ])('refuses a licence $flaw', ({ licence }) => {
    expect(() => checkLicences(ebuild, [{ name: 'a', licence }])).toThrow(
      expect.objectContaining({ code: 'release/unnamed-licence' }),
    );
  });
});
