import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createFiles } from '../../src/host/files.ts';
import { listProgram } from '../../src/setup/program.ts';

const repository = join(import.meta.dirname, '../..');

describe('listProgram', () => {
  test('has what the program loads, and not what only development needs', async () => {
    const paths = await listProgram(createFiles('/'), repository);
    expect(paths).toEqual(
      expect.arrayContaining([
        'src/main.ts',
        'src/tenon',
        'checks/index.ts',
        'package.json',
        'node_modules/koffi/index.js',
        'node_modules/listr2/package.json',
      ]),
    );
    const unwanted =
      /^test\/|^node_modules\/(?:jest|typescript|@biomejs|@types)\/|\.(?:c|h|d\.ts)$/;
    expect(paths.filter(path => unwanted.test(path))).toEqual([]);
  });

  test('takes all of a program that was installed without npm', async () => {
    const paths = await listProgram(createFiles('/'), join(repository, 'test/fixtures/program'));
    expect(paths).toEqual(['package.json', 'src/tenon']);
  });
});
