import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import {
  closeFix,
  describeWaypoint,
  isForeign,
  type Waypoint,
  walkPath,
} from '../src/doctor/path-walk.ts';
import { setupFix } from '../src/doctor/setup-fix.ts';

interface Found {
  readonly definition: string;
  readonly program: string;
  readonly flaw: string;
  readonly where: Waypoint;
}

const EXECUTABLE = 0o111;
const WRITABLE = 'may be written by others than root';
/** What a user or a garbage collector may take away at any time. */
const PASSING_FOLDERS = ['/home/', '/root/', '/tmp/', '/var/tmp/', '/run/user/'];

export const serviceExecPath = defineCheck<CheckContext, Found>({
  id: 'service.exec-path',
  group: 'service',
  title: "the service starts a program that stays, and is the system's own",
  why: 'Root runs what the service names. A program in a home, in a profile or in the store may be gone after a clean-up; one that somebody else can write to gives the host away.',
  severity: 'error',

  async probe({ host, readServiceState, readAccounts, layout, service }) {
    const { definition, program } = await readServiceState();
    if (definition === undefined || program === undefined)
      return { skip: `there is no service ${service}, see daemon.alive` };
    const way = await walkPath(host, program);
    const accounts = await readAccounts();
    const passing = [...PASSING_FOLDERS, `${layout.storeDir}/`, `${layout.stateDir}/`];
    const flaws: readonly (readonly [string, Waypoint | undefined])[] = [
      ['is missing', way.find(({ facts }) => facts === undefined)],
      [WRITABLE, way.find(each => isForeign(each, accounts))],
      ['does not stay', way.find(({ path }) => passing.some(folder => path.startsWith(folder)))],
      ['cannot be executed', way.slice(-1).find(({ facts }) => !isProgram(facts))],
    ];
    for (const [flaw, where] of flaws) {
      if (where !== undefined) return { definition, program, flaw, where };
    }
    return undefined;
  },

  explain: ({ definition, program, flaw, where }) => ({
    summary: `the program of the service ${flaw}`,
    evidence: [
      { source: definition, value: program },
      { source: where.path, value: describeWaypoint(where) },
    ],
    cause: 'the service was written by another program or by hand, or the program was moved',
  }),

  fixes: ({ flaw, where }) => [flaw === WRITABLE ? closeFix(where) : setupFix],
});

function isProgram(facts: Waypoint['facts']): boolean {
  return facts?.kind === 'file' && (facts.mode & EXECUTABLE) !== 0;
}
