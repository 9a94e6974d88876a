import { describe, expect, test } from '@jest/globals';
import { findProcObstacles } from '../../src/doctor/proc-visibility.ts';
import { parseMountinfo } from '../../src/host/mounts.ts';

const ROOT = '20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw';
const PROC = '30 20 0:5 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw';

function obstacles(...lines: readonly string[]): readonly string[] {
  return findProcObstacles(parseMountinfo([ROOT, ...lines].join('\n'))).map(({ text }) => text);
}

describe('findProcObstacles', () => {
  test.each([
    { state: 'an untouched /proc', lines: [PROC] },
    {
      state: 'binfmt_misc on its own directory',
      lines: [PROC, '40 30 0:9 / /proc/sys/fs/binfmt_misc rw,relatime - binfmt_misc none rw'],
    },
    {
      state: 'a covered /proc and an untouched one elsewhere',
      lines: [
        PROC,
        '40 30 0:5 /sys /proc/sys ro,relatime - proc proc rw',
        '41 20 0:6 / /run/proc rw,relatime - proc proc rw',
      ],
    },
    {
      state: 'hidepid, which is not in the way',
      lines: ['30 20 0:5 / /proc rw,relatime - proc proc rw,hidepid=2'],
    },
  ])('finds none with $state', ({ lines }) => {
    expect(obstacles(...lines)).toEqual([]);
  });

  test.each([
    {
      state: 'a read-only bind of /proc/sys',
      lines: [PROC, '40 30 0:5 /sys /proc/sys ro,relatime - proc proc rw'],
      found: ['proc covers /proc/sys'],
    },
    {
      state: 'a masked file with a space in its name',
      lines: [PROC, '40 30 0:7 /null /proc/k\\040s rw,relatime - devtmpfs dev rw'],
      found: ['devtmpfs covers /proc/k s'],
    },
    {
      state: 'a read-only /proc',
      lines: ['30 20 0:5 / /proc ro,relatime - proc proc rw'],
      found: ['/proc is read-only'],
    },
    {
      state: 'noatime',
      lines: ['30 20 0:5 / /proc rw,noatime - proc proc rw'],
      found: ['/proc is not mounted relatime'],
    },
    {
      state: 'a tmpfs over all of /proc',
      lines: [PROC, '40 30 0:7 / /proc rw,relatime - tmpfs tmpfs rw'],
      found: ['tmpfs covers /proc'],
    },
    { state: 'no /proc at all', lines: [], found: ['no procfs is mounted'] },
    {
      state: 'only a bind of a part',
      lines: ['30 20 0:5 /sys /proc/sys rw,relatime - proc proc rw'],
      found: ['no procfs is mounted'],
    },
  ])('names $state', ({ lines, found }) => {
    expect(obstacles(...lines)).toEqual(found);
  });
});
