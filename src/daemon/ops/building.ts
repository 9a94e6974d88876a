import { Semaphore } from '../../base/locks.ts';
import { type BuildOutcome, errorNote, succeeded } from '../../build/outcome.ts';
import { realise, realiseDerivation } from '../../build/realise.ts';
import {
  DERIVATION_SUFFIX,
  type Derivation,
  derivationKind,
  derivationPath,
} from '../../formats/derivation.ts';
import { checkDerivation, drvOutputId } from '../../formats/derivation-hash.ts';
import type { DerivedPath } from '../../formats/derived-path.ts';
import type { Realisation } from '../../formats/realisation.ts';
import { type StorePath, storePathName } from '../../formats/store-path.ts';
import type { BuildResult } from '../../protocol/build-result.ts';
import { VERBOSITY } from '../../protocol/log-types.ts';
import * as protocol from '../../protocol/ops/building.ts';
import type { Store } from '../../store/store.ts';
import { buildsFailed, modeNotServed, notTrusted } from '../errors.ts';
import { defineOp } from '../op.ts';
import type { Session } from '../session.ts';

/** Making paths valid. */
export const building = [
  defineOp(protocol.buildPaths, async (session, { wanted, mode }) => {
    throwFailures(session, wanted, await realiseAll(session, wanted, mode));
    return undefined;
  }),

  // Evaluators ask for each path that they come across, and nearly all are valid.
  defineOp(protocol.ensurePath, (session, path) => {
    const protecting = session.tempRoots.add(path);
    if (protecting === undefined && session.store.isValid(path)) return undefined;
    return realiseOne(session, path, protecting);
  }),

  defineOp(protocol.buildPathsWithResults, async (session, { wanted, mode }) => {
    const outcomes = await realiseAll(session, wanted, mode);
    return wanted.flatMap((item, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) return [];
      const drv =
        item.kind === 'built' && succeeded(outcome)
          ? session.store.derivations.get(item.drvPath)
          : undefined;
      return [{ wanted: item, result: toResult(session, outcome, drv) }];
    });
  }),

  defineOp(protocol.buildDerivation, async (session, { drvPath, derivation, mode }) => {
    if (mode !== 'normal') throw modeNotServed(mode);
    const name = storePathName(drvPath).slice(0, -DERIVATION_SUFFIX.length);
    const drv: Derivation = { ...derivation, name, inputDerivations: new Map() };
    if (!session.isTrusted && derivationKind(drv) !== 'fixed')
      throw notTrusted('build input-addressed derivations');
    return toResult(session, await buildBasic(session, drvPath, drv), drv);
  }),
];

async function realiseOne(
  session: Session,
  path: StorePath,
  protecting: Promise<void> | undefined,
): Promise<undefined> {
  await protecting;
  const wanted = [{ kind: 'opaque', path } as const];
  throwFailures(session, wanted, await realiseAll(session, wanted, 'normal'));
}

async function realiseAll(
  session: Session,
  wanted: readonly DerivedPath[],
  mode: protocol.BuildMode,
): Promise<readonly BuildOutcome[]> {
  if (mode !== 'normal') throw modeNotServed(mode);
  return await whileTelling(session, () => realise(requestOf(session), wanted));
}

/** Builds a derivation that need not be in the store; its inputs must be. */
async function buildBasic(
  session: Session,
  claimedPath: StorePath,
  drv: Derivation,
): Promise<BuildOutcome> {
  const { store, isTrusted } = session;
  const { storeDir } = store.layout;
  if (!isTrusted) checkDerivation(storeDir, drv, store.derivations.hashOfInput);
  // Builds are shared by this path, so nobody else may choose it freely.
  const drvPath = isTrusted ? claimedPath : derivationPath(storeDir, drv);
  return await whileTelling(session, () => realiseDerivation(requestOf(session), drvPath, drv));
}

async function whileTelling<T>({ log }: Session, work: () => Promise<T>): Promise<T> {
  log.begin();
  try {
    return await work();
  } finally {
    log.ended();
  }
}

function requestOf(session: Session) {
  const { store, builder, tempRoots, log, settings, signal } = session;
  // Where no jobs are allowed, each build is refused by name: nobody waits for a slot that never comes.
  const slots = new Semaphore(Math.max(settings.maxJobs, 1));
  return { store, builder, tempRoots, listener: log, settings, slots, signal };
}

/** One failure is told as it is; of several each is told, and all are named. */
function throwFailures(
  { log }: Session,
  wanted: readonly DerivedPath[],
  outcomes: readonly BuildOutcome[],
): void {
  const failed = wanted.flatMap((item, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined || succeeded(outcome) || outcome.status === 'cancelled') return [];
    return [{ path: item.kind === 'opaque' ? item.path : item.drvPath, outcome }];
  });
  const [first, ...others] = failed;
  if (first === undefined) {
    throwIfCancelled(outcomes);
    return;
  }
  if (others.length > 0)
    for (const { outcome } of failed) log.note(VERBOSITY.error, errorNote(outcome));
  throw buildsFailed(first, others);
}

/** Only reached when what failed was none of those that were asked for, and took them along. */
function throwIfCancelled(outcomes: readonly BuildOutcome[]): void {
  const cancelled = outcomes.find(({ status }) => status === 'cancelled');
  if (cancelled !== undefined) throw buildsFailed({ path: '', outcome: cancelled }, []);
}

function toResult(
  { store }: Session,
  outcome: BuildOutcome,
  drv: Derivation | undefined,
): BuildResult {
  return {
    status: outcome.status === 'cancelled' ? 'misc-failure' : outcome.status,
    errorMessage: outcome.message,
    timesBuilt: outcome.status === 'built' ? 1 : 0,
    isNonDeterministic: false,
    startedAtUnix: outcome.startedAtUnix,
    stoppedAtUnix: outcome.endedAtUnix,
    cpuUserUs: outcome.userMicros,
    cpuSystemUs: outcome.systemMicros,
    builtOutputs: drv === undefined ? new Map() : realisationsOf(store, drv, outcome),
  };
}

function realisationsOf(
  store: Store,
  drv: Derivation,
  { outputs }: BuildOutcome,
): Map<string, Realisation> {
  const realisations = [...outputs].map(([name, outPath]): [string, Realisation] => {
    const id = drvOutputId(drv, name, store.derivations.hashOfInput);
    return [id, { id, outPath, signatures: [], dependentRealisations: new Map() }];
  });
  return new Map(realisations);
}
