import { TenonError } from '../base/errors.ts';

/** A path that an operation needs is not valid in this store. */
export function notValid(path: string): TenonError {
  return new TenonError('store/not-valid', `path '${path}' is not valid`);
}

/** The database was written by a Nix that is newer than what this program knows. */
export function schemaTooNew(version: number, supported: number): TenonError {
  return new TenonError(
    'store/schema-too-new',
    `current Nix store schema is version ${version}, but I only support ${supported}`,
    {
      hint: 'Install the newer tenon again, or bring back the database from before it: "tenon rollback"',
      check: 'store.schema',
    },
  );
}

/** The database is older than what this program can work with. */
export function schemaTooOld(version: string): TenonError {
  return new TenonError(
    'store/schema-too-old',
    `Cannot open the store database: its schema is version "${version}", the oldest supported is 10`,
    { hint: 'Open the store once with Nix 2.8 or newer, which migrates it', check: 'store.schema' },
  );
}

/** Somebody has the database open who is not the service. */
export function storeInUse(bigLockFile: string): TenonError {
  return new TenonError(
    'store/in-use',
    `Cannot restore the database: another program has the store open, and with it ${bigLockFile}`,
    { hint: `End the Nix programs that work on the store as root (fuser -v ${bigLockFile})` },
  );
}

/** A rollback was killed between its two last steps. */
export function rollbackUnfinished(): TenonError {
  return new TenonError(
    'store/rollback-unfinished',
    'Cannot open the store database: a rollback of it has not ended',
    { hint: 'Run "tenon rollback" again', check: 'store.schema' },
  );
}

/** The store directory or one of its parents is a symlink. */
export function symlinkedStore(path: string): TenonError {
  return new TenonError(
    'store/symlink',
    `the path '${path}' is a symlink; this is not allowed for the Nix store and its parent directories`,
    { hint: 'Use a bind mount instead of a symlink', check: 'fs.store-symlink' },
  );
}

/** New paths refer to each other in a circle. */
export function referenceCycle(from: string, to: string): TenonError {
  return new TenonError(
    'store/reference-cycle',
    `cycle detected in the references of '${from}' from '${to}'`,
  );
}

/** A path's declared content address does not lead to the path. */
export function falseContentAddress(path: string): TenonError {
  return new TenonError(
    'store/false-content-address',
    `cannot add path '${path}' to the Nix store because it claims to be content-addressed but isn't`,
  );
}

/** An untrusted client sent a path that nobody vouches for. */
export function missingSignature(path: string): TenonError {
  return new TenonError(
    'store/missing-signature',
    `cannot add path '${path}' because it lacks a signature by a trusted key`,
    { hint: 'Add the signing key to trusted-public-keys in nix.conf' },
  );
}

/** What arrived is not what was announced. */
export function importMismatch(
  what: 'hash' | 'size' | 'ca hash',
  path: string,
  values: { specified: string; got: string },
): TenonError {
  return new TenonError(
    'store/import-mismatch',
    `${what} mismatch importing path '${path}';\n  specified: ${values.specified}\n  got:       ${values.got}`,
  );
}

/** A valid derivation's file is missing, or too big to be one. */
export function derivationUnreadable(path: string): TenonError {
  return new TenonError('store/derivation-unreadable', `Cannot read derivation '${path}'`, {
    hint: 'Run "nix-store --verify" to find out what else is missing',
  });
}

/** Derivations' names follow from their contents, so this is no accident of a build but a damaged store. */
export function derivationLoop(path: string, input: string): TenonError {
  return new TenonError(
    'store/derivation-loop',
    `Cannot hash derivation '${path}': its input '${input}' needs it in turn`,
    { hint: 'Run "nix-store --verify --check-contents" to find out which of them was changed' },
  );
}

/** A derivation is longer than anything that could be one. */
export function derivationTooLong(name: string, maxBytes: number): TenonError {
  return new TenonError(
    'store/derivation-too-long',
    `Cannot add derivation '${name}': it is longer than ${maxBytes} bytes`,
  );
}

/** Objects are not hashed as git does. */
export function gitNotSupported(name: string): TenonError {
  return new TenonError(
    'store/git-hashing',
    `Cannot add '${name}': it needs the experimental feature 'git-hashing' that this daemon does not have`,
  );
}

/** A flat hash was asked for, but what came is a directory, a link or a program. */
export function notOneFile(path: string): TenonError {
  return new TenonError(
    'store/not-one-file',
    `Cannot add '${path}': a flat hash needs one non-executable regular file`,
  );
}

/** A content address of an object that contains its own path cannot be recomputed here. */
export function selfReferenceNotSupported(path: string): TenonError {
  return new TenonError(
    'store/self-reference',
    `Cannot add path '${path}': it is content-addressed and refers to itself, which needs the experimental feature 'ca-derivations' that this daemon does not have`,
  );
}
