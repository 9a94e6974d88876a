import { describe, expect, test } from '@jest/globals';
import { derivationOptions } from '../../src/build/derivation-options.ts';
import { builderEnvironment, type EnvironmentContext } from '../../src/build/environment.ts';
import type { Derivation } from '../../src/formats/derivation.ts';
import { outputPlaceholder } from '../../src/formats/derivation.ts';
import { derivationWith, fakePath, fixedOutput, inputAddressed } from './derivations.ts';

const context: EnvironmentContext = {
  storeDir: '/nix/store',
  cores: 3,
  buildDir: '/build',
  daemonEnv: { http_proxy: 'http://proxy', SECRET: 'daemon' },
  graphs: new Map([['graph', `${fakePath('a', 'a')}\n\n0\n`]]),
  structuredGraphs: new Map([['closure', [{ path: fakePath('a', 'a') }]]]),
};

function environmentOf(drv: Derivation) {
  const { env, args, builder, files } = builderEnvironment(drv, derivationOptions(drv), context);
  return { env: Object.fromEntries(env), args, builder, files: Object.fromEntries(files) };
}

const always = {
  PATH: '/path-not-set',
  HOME: '/homeless-shelter',
  NIX_STORE: '/nix/store',
  NIX_BUILD_CORES: '3',
  NIX_BUILD_TOP: '/build',
  TMPDIR: '/build',
  TEMPDIR: '/build',
  TMP: '/build',
  TEMP: '/build',
  PWD: '/build',
  NIX_LOG_FD: '2',
  TERM: 'xterm-256color',
};

describe('builderEnvironment', () => {
  test('has what every builder has, and the derivation’s own variables', () => {
    const { env } = environmentOf(derivationWith({ name: 'some', SECRET: 'own' }));
    expect(env).toEqual({ ...always, name: 'some', SECRET: 'own' });
  });

  test('lets the derivation set PATH, HOME and cores, but not where it builds', () => {
    const own = { PATH: '/bin', HOME: '/me', NIX_BUILD_CORES: '1', TMPDIR: '/x', TERM: 'dumb' };
    expect(environmentOf(derivationWith(own)).env).toEqual({
      ...always,
      ...{ PATH: '/bin', HOME: '/me', NIX_BUILD_CORES: '1' },
    });
  });

  test('gives a fixed output the variables of the daemon that it asks for', () => {
    const drv = derivationWith({ impureEnvVars: 'http_proxy no_proxy' }, { outputs: fixedOutput });
    expect(environmentOf(drv).env).toMatchObject({
      NIX_OUTPUT_CHECKED: '1',
      http_proxy: 'http://proxy',
      no_proxy: '',
    });
  });

  test('gives no other derivation anything of the daemon', () => {
    const { env } = environmentOf(derivationWith({ impureEnvVars: 'http_proxy' }));
    expect(env).toEqual({ ...always, impureEnvVars: 'http_proxy' });
  });

  test('puts what is passed as file into the build directory', () => {
    const { env, files } = environmentOf(
      derivationWith({ passAsFile: 'script', script: 'echo hi' }),
    );
    // nix32 of the SHA-256 of the variable's name, as stock Nix 2.8 names the file.
    const file = '.attr-1qdadaf1y4w9h4696wl0axblgfqvb8g3mw9kb71f98b6gw5jg811';
    expect(Object.keys(env)).not.toContain('script');
    expect(env.scriptPath).toBe(`/build/${file}`);
    expect(files).toMatchObject({ [file]: 'echo hi' });
  });

  test('writes the graphs of references', () => {
    expect(environmentOf(derivationWith({})).files).toEqual({
      graph: `${fakePath('a', 'a')}\n\n0\n`,
    });
  });

  test('replaces placeholders in names, values, arguments, builder and files', () => {
    const out = fakePath('0', 'some');
    const dev = fakePath('2', 'some-dev');
    const [forOut, forDev] = [outputPlaceholder('out'), outputPlaceholder('dev')];
    const drv = derivationWith(
      {
        [`name${forOut}`]: '1',
        flags: `--prefix=${forOut} --dev=${forDev}`,
        passAsFile: 'text',
        text: forDev,
      },
      {
        outputs: new Map([
          ['dev', inputAddressed(dev)],
          ['out', inputAddressed(out)],
        ]),
        args: ['-c', `echo > ${forOut}`],
        builder: `${forDev}/bin/sh`,
      },
    );
    const { env, args, builder, files } = environmentOf(drv);
    expect(env).toMatchObject({ [`name${out}`]: '1', flags: `--prefix=${out} --dev=${dev}` });
    expect(args).toEqual(['-c', `echo > ${out}`]);
    expect(builder).toBe(`${dev}/bin/sh`);
    expect(Object.values(files)).toContain(dev);
  });

  test('replaces a placeholder in an argument that is nothing else', () => {
    const drv = derivationWith({}, { args: [outputPlaceholder('out')] });
    expect(environmentOf(drv).args).toEqual([fakePath('0', 'some')]);
  });
});

describe('builderEnvironment with structured attributes', () => {
  test('has two files instead of the variables', () => {
    const drv = derivationWith({ __json: '{"b":[1,2],"a":"x y"}', other: 'not seen' });
    const { env, files } = environmentOf(drv);
    expect(env).toEqual({
      ...always,
      NIX_ATTRS_JSON_FILE: '/build/.attrs.json',
      NIX_ATTRS_SH_FILE: '/build/.attrs.sh',
    });
    expect(JSON.parse(files['.attrs.json'] ?? '')).toEqual({
      a: 'x y',
      b: [1, 2],
      closure: [{ path: fakePath('a', 'a') }],
      outputs: { out: fakePath('0', 'some') },
    });
    expect(files['.attrs.sh']).toBe(
      "declare a='x y'\ndeclare -a b=(1 2 )\n" +
        `declare -A outputs=(['out']='${fakePath('0', 'some')}' )\n`,
    );
  });
});
