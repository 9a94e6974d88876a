import { dirname } from 'node:path';
import type { Host } from '../host/host.ts';
import { isUsable } from '../host/store-files.ts';
import { places } from './places.ts';
import type { Survey } from './run.ts';

/** Where root itself may not write although something is to be done there: read-only file systems. */
export async function findReadOnly(
  host: Host,
  surveys: readonly Survey[],
): Promise<readonly string[]> {
  const todo = surveys.filter(({ inspection }) => inspection.state === 'todo');
  if (todo.length === 0) return [];
  const targets = todo.map(({ action }) => action.target);
  const wanted = new Set(
    [places.journal, ...targets].filter(path => path.startsWith('/')).map(dirname),
  );
  if (todo.some(({ step }) => step.group === 'Accounts')) wanted.add('/etc');
  const folders = await Promise.all([...wanted].map(path => nearestFolder(host, path)));
  return [...new Set(folders)].filter(folder => !isUsable(host.at(folder)));
}

async function nearestFolder(host: Host, path: string): Promise<string> {
  if (path === '/' || (await host.look(path)) !== undefined) return path;
  return await nearestFolder(host, dirname(path));
}
