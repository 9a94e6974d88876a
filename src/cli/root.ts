import { currentIds } from '../host/store-files.ts';
import { needsRoot } from './errors.ts';

/** For commands that change the host: what they make is readable for everybody, whoever's shell it is. */
export function becomeInstaller(command: string): void {
  if (currentIds().uid !== 0) throw needsRoot(command);
  process.umask(0o022);
}
