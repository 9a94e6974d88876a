import { posix } from 'node:path';
import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { walkPath } from '../src/doctor/path-walk.ts';

interface Found {
  /** Links that lead nowhere, or to nothing on purpose. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Folders with settings for units that are not there. */
  readonly overrides: readonly string[];
}

const SERVICES = ['tenon-daemon', 'nix-daemon'];
const UNITS = SERVICES.flatMap(name => [`${name}.service`, `${name}.socket`]);
const SYSTEMD = '/etc/systemd/system';
/** Where a unit may be that something in /etc is about. */
const UNIT_FOLDERS = [
  SYSTEMD,
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const RUNLEVELS = '/etc/runlevels';
const MASK = '/dev/null';

export const leftoversUnits = defineCheck<CheckContext, Found>({
  id: 'leftovers.units',
  group: 'leftovers',
  title: 'no service is left behind',
  why: 'A package that is removed by hand leaves links to units that are gone, or masks them. Init systems complain at every boot, and whoever installs a daemon of that name again finds that it does not start.',
  severity: 'warn',

  async probe({ host }) {
    const [units, runlevels] = await Promise.all([findUnitLinks(host), findRunlevelLinks(host)]);
    const overrides = await findOverrides(host);
    const links = [...units, ...runlevels];
    return links.length + overrides.length === 0 ? undefined : { links, overrides };
  },

  explain: ({ links, overrides }) => ({
    summary: 'parts of services are left behind',
    evidence: [
      ...links.map(({ path, target }) => ({
        source: path,
        value:
          target === MASK
            ? 'masks a unit that is not there'
            : `leads to ${target}, which is missing`,
      })),
      ...overrides.map(path => ({ source: path, value: 'changes a unit that is not there' })),
    ],
    cause: 'a service was removed by hand, or its package did not clean up',
  }),

  fixes: ({ links, overrides }) => [
    ...(links.length === 0 ? [] : [removeLinks(links.map(({ path }) => path))]),
    ...(overrides.length === 0 ? [] : [removeOverrides(overrides)]),
  ],
});

function removeLinks(paths: readonly string[]): Fix {
  return {
    id: 'remove-links',
    class: 'A',
    description: 'remove the links',
    commands: paths.map(path => ['rm', path]),
    reversible: true,
    needsRoot: true,
    async apply({ host }) {
      for (const path of paths) await host.remove(path);
    },
  };
}

function removeOverrides(paths: readonly string[]): Fix {
  return {
    id: 'remove-overrides',
    class: 'C',
    description: 'remove the settings, if nobody wants them back',
    commands: paths.map(path => ['rm', '-r', path]),
    reversible: false,
    needsRoot: true,
  };
}

async function findUnitLinks(host: CheckContext['host']) {
  const wants = (await host.list(SYSTEMD)).filter(name =>
    /\.(?:wants|requires|upholds)$/u.test(name),
  );
  const paths = [SYSTEMD, ...wants.map(name => posix.join(SYSTEMD, name))].flatMap(folder =>
    UNITS.map(unit => posix.join(folder, unit)),
  );
  return await keepBroken(host, paths);
}

async function findRunlevelLinks(host: CheckContext['host']) {
  const levels = await host.list(RUNLEVELS);
  const paths = levels.flatMap(level => SERVICES.map(name => posix.join(RUNLEVELS, level, name)));
  return await keepBroken(host, paths);
}

async function keepBroken(host: CheckContext['host'], paths: readonly string[]) {
  const links = await Promise.all(
    paths.map(async path => {
      const target = await host.readLink(path);
      if (target === undefined) return [];
      if (target === MASK) return (await isUnitThere(host, path)) ? [] : [{ path, target }];
      const end = (await walkPath(host, path)).at(-1);
      return end?.facts === undefined ? [{ path, target }] : [];
    }),
  );
  return links.flat();
}

/** A mask is a decision while there is something to mask. */
async function isUnitThere(host: CheckContext['host'], path: string): Promise<boolean> {
  const folders = UNIT_FOLDERS.filter(folder => folder !== posix.dirname(path));
  const unit = posix.basename(path);
  const looks = await Promise.all(folders.map(folder => host.look(posix.join(folder, unit))));
  return looks.some(look => look !== undefined);
}

async function findOverrides(host: CheckContext['host']): Promise<readonly string[]> {
  const found = await Promise.all(
    UNITS.map(async unit => {
      const path = posix.join(SYSTEMD, `${unit}.d`);
      if ((await host.look(path)) === undefined) return [];
      const isOwn = (await host.look(posix.join(SYSTEMD, unit))) !== undefined;
      return isOwn || (await isUnitThere(host, posix.join(SYSTEMD, unit))) ? [] : [path];
    }),
  );
  return found.flat();
}
