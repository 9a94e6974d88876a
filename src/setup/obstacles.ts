import type { Facts } from '../host/facts.ts';
import type { Init } from '../host/services.ts';
import type { OtherService } from './actions/other-service.ts';
import { OTHER_SERVICE } from './actions/other-service.ts';
import type { Mode } from './modes.ts';
import { obstacleTo } from './modes.ts';
import type { Survey } from './run.ts';

interface Look {
  readonly init: Init;
  readonly isLive: boolean;
  readonly uid: number;
  readonly mode: Mode;
  readonly facts: Pick<Facts, 'programs'>;
  readonly surveys: readonly Survey[];
  readonly preflight: readonly { readonly id: string; status: string; readonly summary: string }[];
  readonly hasStrangeDaemon: boolean;
}

const ACCOUNT_PROGRAMS = ['groupadd', 'useradd', 'usermod', 'userdel', 'groupdel'] as const;

/** Setup hands nothing of its caller's environment on, so what is wrong with that does not stand in its way. */
const OF_THE_CALLER = 'env.';

/** Everything that keeps setup from beginning, so that it can be cured in one go. */
export function findObstacles(look: Look): readonly string[] {
  return [
    ...daemonObstacles(look),
    ...programObstacles(look),
    ...look.surveys.flatMap(({ inspection }) =>
      inspection.state === 'conflict' ? [inspection.reason] : [],
    ),
    ...look.preflight
      .filter(({ id, status }) => status === 'error' && !id.startsWith(OF_THE_CALLER))
      .map(({ id, summary }) => `${summary}, see "tenon doctor ${id}"`),
  ];
}

function daemonObstacles({ mode, hasStrangeDaemon, surveys, ...host }: Look): readonly string[] {
  const obstacle = obstacleTo(mode, host);
  return [
    ...(obstacle === undefined ? [] : [`mode is "${mode}", and ${obstacle}`]),
    ...(hasStrangeDaemon && !surveys.some(isRunningService)
      ? ['another daemon serves this store, it has to be stopped first']
      : []),
  ];
}

/** A daemon that setup knows how to stop. */
function isRunningService({ step, inspection }: Survey): boolean {
  if (step.kind !== OTHER_SERVICE || inspection.state !== 'todo') return false;
  return (inspection.undo as OtherService).active.length > 0;
}

/** Only accounts that are still to be made need the tools for them. */
function programObstacles({ facts, surveys }: Look): readonly string[] {
  const needsAccounts = surveys.some(
    ({ step, inspection }) => step.group === 'Accounts' && inspection.state === 'todo',
  );
  if (!needsAccounts) return [];
  const missing = ACCOUNT_PROGRAMS.filter(name => facts.programs[name] === undefined);
  return missing.length === 0 ? [] : [`the programs ${missing.join(', ')} are missing`];
}
