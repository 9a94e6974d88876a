import { posix } from 'node:path';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly programs: readonly string[];
}

const DRIVERS = '/run/opengl-driver';
const PROGRAMS_AT_MOST = 24;
const MAX_PROGRAM_BYTES = 4 * 1024 * 1024;
const GL_LIBRARY = /lib(?:GL|GLX|EGL|OpenGL|vulkan)\.so/u;
const WRAPPED = /\/\S+\/\.[^\s"'/]+-wrapped/u;

export const envGl = defineCheck<CheckContext, Found>({
  id: 'env.gl',
  group: 'env',
  title: 'no installed program looks for graphics drivers',
  why: 'The libraries of a graphics driver have to fit the kernel, so that they belong to the host. Programs from the store do not look where a host distribution keeps them.',
  severity: 'hint',

  async probe({ host, layout, env }) {
    if ((await host.look(DRIVERS)) !== undefined) return undefined;
    const profiles = [`${layout.profilesDir}/default`, `${env.HOME ?? ''}/.nix-profile`];
    const programs = (
      await Promise.all(
        profiles.map(async profile => {
          const names = await host.list(posix.join(profile, 'bin'));
          return names.map(name => posix.join(profile, 'bin', name));
        }),
      )
    ).flat();
    if (programs.length === 0) return { skip: 'no profile has programs' };
    const looked = await Promise.all(
      programs
        .slice(0, PROGRAMS_AT_MOST)
        .map(async path => ((await needsGl(host, path)) ? [path] : [])),
    );
    return looked.flat().length === 0 ? undefined : { programs: looked.flat() };
  },

  explain: ({ programs }) => ({
    summary: 'programs from the store may find no graphics driver',
    evidence: [
      ...programs.map(path => ({ source: path, value: 'uses OpenGL or Vulkan' })),
      { source: DRIVERS, value: 'missing' },
    ],
    cause: 'drivers are installed by the host distribution, in folders of its own',
  }),

  fixes: () => [
    {
      id: 'wrap-gl',
      class: 'M',
      description:
        'start them through a wrapper that leads to drivers (nixGL, nix-gl-host), or install them from the host distribution',
      commands: [],
      reversible: true,
      needsRoot: false,
    },
  ],
});

async function needsGl(host: CheckContext['host'], path: string): Promise<boolean> {
  const text = await readProgram(host, path);
  const wrapped = text.startsWith('#!') ? WRAPPED.exec(text)?.[0] : undefined;
  return GL_LIBRARY.test(wrapped === undefined ? text : await readProgram(host, wrapped));
}

async function readProgram(host: CheckContext['host'], path: string): Promise<string> {
  const size = await host.sizeOf(path);
  return size === undefined || size > MAX_PROGRAM_BYTES ? '' : ((await host.readText(path)) ?? '');
}
