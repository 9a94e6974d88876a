import { TenonError } from '../base/errors.ts';

export function badUsage(): TenonError {
  return new TenonError('release/bad-usage', 'Cannot compose: one folder has to be named', {
    hint: 'Run "npm run compose -- OUT"',
  });
}

export function notEmpty(folder: string): TenonError {
  return new TenonError(
    'release/not-empty',
    `Cannot compose into "${folder}": something is in it already`,
    { hint: 'Name a folder that is empty or that does not exist yet' },
  );
}

export function unnamedLicence(packageName: string, licence: string): TenonError {
  return new TenonError(
    'release/unnamed-licence',
    `Cannot compose: package "${packageName}" has the licence "${licence}", which the ebuild does not name`,
    { hint: 'Add it to LICENSE in ebuilds/sys-apps/tenon, and to src/release/licences.ts' },
  );
}

export function unknownMarker(file: string, marker: string): TenonError {
  return new TenonError(
    'release/unknown-marker',
    `Cannot compose "${file}": nothing is known of "${marker}"`,
    { hint: 'The markers are those of src/release/repository.ts' },
  );
}

export function missingPart(file: string): TenonError {
  return new TenonError('release/missing-part', `Cannot compose: "${file}" is missing`, {
    hint: 'Run it in a whole checkout, after src/bootstrap',
  });
}
