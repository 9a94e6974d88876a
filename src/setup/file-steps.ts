import type { Step, StepGroup } from './action.ts';
import { directory } from './actions/directory.ts';
import { writeFile } from './actions/write-file.ts';

/** Folders that belong to the system, made where they are missing. */
export function folders(paths: readonly string[], stepGroup: StepGroup): readonly Step[] {
  return paths.map(path =>
    directory.step({
      id: `directory:${path}`,
      group: stepGroup,
      reason: 'files of setup lie in it',
      spec: { path },
    }),
  );
}

/** A file that anybody may read. */
export function fileStep(
  stepGroup: StepGroup,
  { file, text, reason }: { file: string; text: string; reason: string },
): Step {
  return writeFile.step({
    id: `file:${file}`,
    group: stepGroup,
    reason,
    spec: { file, text, mode: 0o644 },
  });
}

/** The text of a file in `init/`. */
export function initFile(initFiles: ReadonlyMap<string, string>, path: string): string {
  const text = initFiles.get(path);
  if (text === undefined) throw new RangeError(`init/${path} was not read`);
  return text;
}
