import { expect, test } from '@jest/globals';
import { refusedError } from '../../src/build/refused.ts';

const DRV = '/nix/store/00000000000000000000000000000000-x.drv';

test.each([
  { word: 'proc', errno: 'EPERM', check: 'sandbox.proc-masked' },
  { word: 'ns', errno: 'EPERM', check: 'sandbox.userns' },
  { word: 'ns', errno: 'ENOSPC', check: 'sandbox.userns' },
  { word: 'idmap', errno: 'EROFS', check: 'sandbox.userns' },
  { word: 'spawn', errno: 'EMFILE', check: 'daemon.nofile' },
])('a builder that is not run for $word $errno names $check', ({ word, errno, check }) => {
  const error = refusedError(DRV, { kind: 'refused', word, path: '/x', errno, text: 'why' });
  expect(error).toMatchObject({ code: 'build/sandbox-refused', check });
});

test('a builder that is not run for want of space is a refusal of the system', () => {
  const refusal = {
    kind: 'refused',
    word: 'store-upper',
    path: '/nix/store/x',
    errno: 'ENOSPC',
    text: 'No space',
  } as const;
  expect(refusedError(DRV, refusal)).toMatchObject({
    code: 'ENOSPC',
    syscall: 'store-upper',
    path: '/nix/store/x',
  });
});

test('a builder that cannot be shown a path says which setting wants it', () => {
  const refusal = {
    kind: 'refused',
    word: 'bind',
    path: '/srv/gate',
    errno: 'ENOENT',
    text: 'No such file',
  } as const;
  expect(refusedError(DRV, refusal)).toMatchObject({
    message: `Cannot build '${DRV}' with '/srv/gate' in its sandbox: No such file`,
    hint: expect.stringContaining('sandbox-paths'),
  });
});
