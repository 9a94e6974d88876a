import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFlatFile } from '../../../src/store/trees/flat-file.ts';
import { directory, file, listMetadata, readTree, symlink } from '../../support/trees.ts';

const OWN = `${process.getuid?.()}:${process.getgid?.()}`;

let root = '';
let path = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tenon-flat-'));
  path = join(root, 'path');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('writeFlatFile', () => {
  test.each([
    { contents: 'hello\n', executable: false, metadata: `444 ${OWN} 1000000000` },
    { contents: '', executable: true, metadata: `555 ${OWN} 1000000000` },
  ])('writes a canonical file of mode $metadata', ({ contents, executable, metadata }) => {
    if (process.getuid?.() === 0) chownSync(root, 0, 4343);
    chmodSync(root, 0o2755);
    const umask = process.umask(0o077);
    writeFlatFile(path, Buffer.from(contents), executable);
    process.umask(umask);

    expect(readTree(path)).toEqual(file(contents, executable));
    expect(listMetadata(path)).toEqual([metadata]);
  });

  test('takes a name that is not UTF-8', () => {
    writeFlatFile(`${root}/\xff`, Buffer.from('x'));

    expect(readTree(root)).toEqual(directory({ '\xff': file('x') }));
  });

  test('does not write over a file, nor through a symlink', () => {
    writeFileSync(path, 'old');
    symlinkSync('nowhere', join(root, 'link'));

    for (const taken of [path, join(root, 'link')])
      expect(() => writeFlatFile(taken, Buffer.from('new'))).toThrow(
        expect.objectContaining({ code: 'EEXIST' }),
      );
    expect(readTree(root)).toEqual(directory({ path: file('old'), link: symlink('nowhere') }));
  });
});
