import {
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createFiles } from '../../src/host/files.ts';
import { listProgram } from '../../src/setup/program.ts';

const checkout = join(import.meta.dirname, '../..');
const NODE = 'node_modules/node/';

/** A copy of the program, as setup would install it, that goes by another version. Its node is that of the tests. */
export async function installProgram(folder: string, version: string): Promise<void> {
  const fresh = `${folder}.fresh`;
  for (const path of await listProgram(createFiles('/'), checkout)) {
    if (path.startsWith(NODE)) continue;
    mkdirSync(dirname(join(fresh, path)), { recursive: true });
    cpSync(join(checkout, path), join(fresh, path), { verbatimSymlinks: true });
  }
  mkdirSync(join(fresh, NODE, 'bin'), { recursive: true });
  symlinkSync(process.execPath, join(fresh, NODE, 'bin/node'));
  edit(join(fresh, 'package.json'), '"version": "', `"version": "${version}-not-`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** Changes a text in one of its files, where it must occur. */
export function edit(file: string, before: string, after: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
  writeFileSync(file, text.replaceAll(before, after));
}
