import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import type { ProcObstacle } from '../src/doctor/proc-visibility.ts';
import { findProcObstacles } from '../src/doctor/proc-visibility.ts';
import { diagnoseSandbox } from '../src/doctor/sandbox-check.ts';

interface Found {
  /** Whether the daemon does without the machine's /proc; only root can tell. */
  readonly cure: 'works' | 'refused' | 'unknown';
  readonly result: string;
  readonly obstacles: readonly ProcObstacle[];
}

const NEEDED_STEPS = ['A', 'C', 'D'];
const PROC_STEP = 'E';
const PRISTINE_STEP = 'I';

const SUMMARIES = {
  works: 'parts of /proc are covered; the daemon gives builds a procfs that nothing covers',
  refused: 'builds cannot mount /proc',
  unknown: 'builds cannot mount /proc, unless the daemon may mount another one first',
};
const SEVERITIES = { works: 'hint', refused: 'error', unknown: 'warn' } as const;

export const sandboxProcMasked = defineCheck<CheckContext, Found>({
  id: 'sandbox.proc-masked',
  group: 'sandbox',
  title: 'builds can mount a /proc of their own',
  why: 'Linux refuses a new procfs in a user namespace while every procfs that is mounted already has something covered, because the new one would show what was hidden. Container managers and some directives of systemd units cover parts of /proc.',
  severity: ({ cure }) => SEVERITIES[cure],

  async probe(context) {
    const attempts = await context.probeSandbox();
    const results = new Map(attempts.map(({ step, result }) => [step, result]));
    if (NEEDED_STEPS.some(step => results.get(step) !== 'ok')) {
      const check = (await diagnoseSandbox(context))?.cause.check;
      return { skip: `the namespaces for it cannot be made, see ${check}` };
    }
    const result = results.get(PROC_STEP);
    if (result === undefined || result === 'ok') return undefined;
    const isCured = results.get(PRISTINE_STEP) === 'ok';
    return {
      cure: isCured ? 'works' : context.uid === 0 ? 'refused' : 'unknown',
      result,
      obstacles: findProcObstacles((await context.readKernelFacts()).mounts),
    };
  },

  explain: ({ cure, result, obstacles }) => ({
    summary: SUMMARIES[cure],
    evidence: [
      { source: 'enter --probe, procfs', value: result },
      ...obstacles.map(({ text }) => ({ source: '/proc/self/mountinfo', value: text })),
    ],
    cause: 'parts of /proc are covered or changed; Linux then refuses a new procfs',
  }),

  fixes: ({ cure, obstacles }) => (cure === 'works' ? [] : waysOut(cure, obstacles)),
});

function waysOut(cure: Found['cure'], obstacles: readonly ProcObstacle[]): readonly Fix[] {
  const askAsRoot: Fix = {
    id: 'ask-as-root',
    class: 'C',
    description: 'let root try whether the daemon can do without',
    commands: [['tenon', 'doctor', 'sandbox.proc-masked']],
    reversible: true,
    needsRoot: true,
  };
  return [
    ...(cure === 'unknown' ? [askAsRoot] : []),
    {
      id: 'uncover-proc',
      class: 'C',
      description: 'on a host of your own, uncover /proc',
      commands: obstacles.map(uncover),
      reversible: true,
      needsRoot: true,
    },
    {
      id: 'unmask-container',
      class: 'M',
      description:
        'in a container, start it with an unmasked /proc: docker --security-opt systempaths=unconfined, podman --security-opt unmask=ALL, Incus security.nesting=true, Kubernetes procMount: Unmasked',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ];
}

function uncover({ kind, mountPoint }: ProcObstacle): readonly string[] {
  switch (kind) {
    case 'covered':
      // Lazily, because what is below is in use: systemd itself keeps files of /proc/sys open.
      return ['umount', '--lazy', mountPoint];
    case 'read-only':
      return ['mount', '-o', 'remount,bind,rw', mountPoint];
    case 'atime':
      return ['mount', '-o', 'remount,bind,relatime', mountPoint];
    case 'missing':
      return ['mount', '-t', 'proc', 'proc', mountPoint];
    default:
      return kind satisfies never;
  }
}
