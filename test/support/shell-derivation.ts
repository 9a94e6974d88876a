import type { ByteString } from '../../src/formats/byte-string.ts';
import type { Derivation } from '../../src/formats/derivation.ts';
import { outputPathsOf } from '../../src/formats/derivation-hash.ts';
import type { StorePath } from '../../src/formats/store-path.ts';

interface ShellDerivation {
  readonly name: ByteString;
  /** For `/bin/sh`, with each output's path in the variable of its name. */
  readonly script: ByteString;
  readonly outputs?: readonly ByteString[];
  readonly inputSources?: readonly StorePath[];
}

/** A derivation without inputs that need building, its output paths filled in. */
export function shellDerivation(storeDir: ByteString, options: ShellDerivation): Derivation {
  const { name, script, outputs = ['out'], inputSources = [] } = options;
  const draft: Derivation = {
    name,
    outputs: new Map(outputs.map(output => [output, { path: undefined, hashAlgo: '', hash: '' }])),
    inputDerivations: new Map(),
    inputSources,
    platform: 'x86_64-linux',
    builder: '/bin/sh',
    args: ['-c', script],
    env: new Map([['name', name], ...outputs.map(output => [output, ''] as const)]),
  };
  const paths = outputPathsOf(storeDir, withPaths(draft, new Map()), noInputs);
  return withPaths(draft, paths);
}

function withPaths(drv: Derivation, paths: ReadonlyMap<ByteString, StorePath>): Derivation {
  const outputs = [...drv.outputs.keys()];
  return {
    ...drv,
    outputs: new Map(
      outputs.map(name => [name, { path: paths.get(name), hashAlgo: '', hash: '' }]),
    ),
    env: new Map([...drv.env, ...paths]),
  };
}

function noInputs(drvPath: StorePath): never {
  throw new Error(`${drvPath} is no input`);
}
