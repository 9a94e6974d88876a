import { describe, expect, test } from '@jest/globals';
import { parseMountinfo } from '../../src/host/mounts.ts';
import { testAsRoot } from '../support/as-root.ts';
import { checkContext } from '../support/check-context.ts';
import { breakAndCure, ownFolder, privateStore } from '../support/doctor.ts';
import { createFixtureHost } from '../support/fixture-host.ts';
import { find, judge } from '../support/judge.ts';

const STORE = `${privateStore}/store`;

function commandsOf(result: { fixes: readonly { commands: unknown }[] } | undefined): unknown {
  return result?.fixes.map(({ commands }) => commands);
}

describe('a disk that is broken for real is found by exactly the check for it, and cured by its fix', () => {
  testAsRoot('fs.store-exec: the store is mounted noexec', async () => {
    const seen = await breakAndCure({
      breakIt: `mount -t tmpfs -o noexec,mode=1775,size=64g own ${STORE}`,
      cure: `mount -o remount,exec ${STORE}`,
    });
    expect(seen.found).toEqual(['fs.store-exec error']);
    expect(seen.introduced).toEqual([]);
    const broken = seen.broken('fs.store-exec');
    expect(broken?.evidence[0]?.value).toContain(`tmpfs own on ${STORE} (rw,noexec`);
    expect(commandsOf(broken)).toEqual([[['mount', '-o', 'remount,exec', STORE]]]);
  });

  testAsRoot('fs.tmp-exec: the folder for temporary files is mounted noexec', async () => {
    const seen = await breakAndCure({
      breakIt: `mkdir ${ownFolder}/tmp && mount -t tmpfs -o noexec own ${ownFolder}/tmp && export TMPDIR=${ownFolder}/tmp`,
      cure: `export TMPDIR=${ownFolder}`,
    });
    expect(seen.found).toEqual(['fs.tmp-exec hint']);
    expect(seen.introduced).toEqual([]);
  });

  testAsRoot('fs.store-symlink: a symbolic link leads to the store', async () => {
    const seen = await breakAndCure({
      breakIt: `mv ${STORE} ${ownFolder}/elsewhere && ln -s ${ownFolder}/elsewhere ${STORE}`,
      cure: `rm ${STORE} && mkdir ${STORE} && mount --bind ${ownFolder}/elsewhere ${STORE}`,
    });
    expect(seen.found).toEqual(['fs.store-symlink error']);
    expect(seen.introduced).toEqual([]);
    expect(commandsOf(seen.broken('fs.store-symlink'))).toEqual([
      [
        ['rm', STORE],
        ['mkdir', STORE],
        ['mount', '--bind', `${ownFolder}/elsewhere`, STORE],
      ],
    ]);
  });

  testAsRoot('fs.store-work: the store is mounted read-only', async () => {
    const seen = await breakAndCure({
      breakIt: `mount -t tmpfs -o ro,size=64g own ${STORE}`,
      cure: `mount -o remount,rw ${STORE}`,
    });
    expect(seen.found).toEqual(['fs.store-work error']);
    expect(seen.introduced).toEqual([]);
    const broken = seen.broken('fs.store-work');
    expect(broken?.evidence.at(-1)).toEqual({ source: 'to create a file', value: 'EROFS' });
    expect(broken?.fixes[0]?.commands.at(-1)).toEqual(['mount', '-o', 'remount,rw', STORE]);
  });

  testAsRoot('fs.store-work: owners cannot be changed', async () => {
    const seen = await breakAndCure({
      unshare: ['--map-root-user', '--mount'],
      breakIt: `mount -t ramfs own ${STORE}`,
      cure: `umount ${STORE}`,
    });
    expect(seen.found).toEqual(['fs.store-work error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('fs.store-work')?.evidence.slice(1)).toEqual([
      { source: 'to change an owner', value: 'EINVAL' },
    ]);
  });

  testAsRoot(
    'fs.root-writable: there is no folder for the store, and none can be made',
    async () => {
      const folder = `${ownFolder}/sealed`;
      const seen = await breakAndCure({
        breakIt: `mkdir ${folder} && mount -t tmpfs -o ro,size=64g own ${folder}
        export NIX_STORE_DIR=${folder}/nix/store`,
        cure: `mount -o remount,rw ${folder} && mkdir -p ${folder}/nix/store`,
      });
      expect(seen.found).toEqual(['fs.root-writable error']);
      expect(seen.introduced).toEqual([]);
      expect(seen.broken('fs.root-writable')?.evidence[0]).toEqual({
        source: folder,
        value: 'cannot be written to: EROFS',
      });
    },
  );

  for (const { size, status } of [
    { size: '40m', status: 'error' },
    { size: '400m', status: 'warn' },
  ])
    testAsRoot(`fs.free-space: only ${size} are free`, async () => {
      const seen = await breakAndCure({
        breakIt: `mount -t tmpfs -o mode=1775,size=${size} own ${STORE}`,
        cure: `mount -o remount,size=64g ${STORE}`,
      });
      expect(seen.found).toEqual([`fs.free-space ${status}`]);
      expect(seen.introduced).toEqual([]);
      expect(seen.broken('fs.free-space')?.evidence[0]?.value).toContain(`MiB free on ${STORE}`);
    });

  testAsRoot('fs.inodes: hardly any inodes are left', async () => {
    const seen = await breakAndCure({
      breakIt: `mount -t tmpfs -o mode=1775,size=64g,nr_inodes=500 own ${STORE}`,
      cure: `mount -o remount,nr_inodes=10000000 ${STORE}`,
    });
    expect(seen.found).toEqual(['fs.inodes error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('fs.inodes')?.evidence[0]?.value).toContain('of 500 free');
  });

  for (const { flaw, options, status } of [
    { flaw: 'is small', options: 'size=100m', status: 'warn' },
    { flaw: 'has few inodes', options: 'size=64g,nr_inodes=1000', status: 'warn' },
    { flaw: 'is noexec', options: 'size=64g,noexec', status: 'error' },
    { flaw: 'is read-only', options: 'size=64g,ro', status: 'error' },
  ])
    testAsRoot(`fs.build-dir: the folder that nix.conf names ${flaw}`, async () => {
      const seen = await breakAndCure({
        breakIt: `mkdir ${ownFolder}/small && mount -t tmpfs -o ${options} own ${ownFolder}/small
          echo 'build-dir = ${ownFolder}/small' >> ${privateStore}/etc/nix/nix.conf`,
        cure: '"$0" doctor --fix fs.build-dir > /dev/null',
      });
      expect(seen.found).toEqual([`fs.build-dir ${status}`]);
      expect(seen.introduced).toEqual([]);
      expect(seen.broken('fs.build-dir')).toMatchObject({
        evidence: expect.arrayContaining([
          { source: `${privateStore}/etc/nix/nix.conf`, value: `build-dir = ${ownFolder}/small` },
        ]),
        fixes: [{ class: 'A', reversible: true }],
      });
    });

  testAsRoot('fs.build-dir: the folder that is the default is small', async () => {
    const builds = `${privateStore}/var/nix/builds`;
    const seen = await breakAndCure({
      breakIt: `mkdir -p ${builds} && mount -t tmpfs -o size=100m own ${builds}`,
      cure: `mount -o remount,size=64g ${builds}`,
    });
    expect(seen.found).toEqual(['fs.build-dir warn']);
    expect(seen.broken('fs.build-dir')?.fixes).toMatchObject([{ class: 'M' }]);
  });
});

describe('fs.store-type', () => {
  test.each([
    { fileSystem: 'nfs4', status: 'warn' },
    { fileSystem: '9p', status: 'warn' },
    { fileSystem: 'cifs', status: 'warn' },
    { fileSystem: 'fuse.sshfs', status: 'warn' },
    { fileSystem: 'fuse.fuse-overlayfs', status: 'pass' },
    { fileSystem: 'ext4', status: 'pass' },
  ])('$fileSystem: $status', async ({ fileSystem, status }) => {
    using fixture = createFixtureHost();
    const context = checkContext(fixture);
    const facts = await context.readKernelFacts();
    const disk = `50 20 0:50 / ${fixture.root} rw,relatime - ${fileSystem} server:/nix rw`;
    const mounts = [...facts.mounts, ...parseMountinfo(disk)];
    const results = await judge({
      ...context,
      readKernelFacts: async () => ({ ...facts, mounts }),
    });
    expect(find(results, 'fs.store-type')?.status).toBe(status);
  });
});
