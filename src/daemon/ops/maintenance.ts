import { applyClientOptions } from '../../config/client-options.ts';
import { VERBOSITY } from '../../protocol/log-types.ts';
import * as protocol from '../../protocol/ops/maintenance.ts';
import { verifyStore } from '../../store/verify.ts';
import { notServed, notTrusted } from '../errors.ts';
import { defineOp } from '../op.ts';

/** The connection, and the store as a whole. */
export const maintenance = [
  defineOp(protocol.setOptions, (session, wanted) => {
    const { log } = session;
    const { settings, warnings } = applyClientOptions(session.settings, wanted, session);
    session.settings = settings;
    log.verbosity = wanted.verbosity;
    for (const warning of warnings) log.note(VERBOSITY.warn, `warning: ${warning}`);
    return undefined;
  }),

  defineOp(protocol.verifyStore, async ({ store, isTrusted, log, signal }, request) => {
    if (request.repair && !isTrusted) throw notTrusted('repair paths');
    if (request.repair) throw notServed('VerifyStore with repair');
    return await verifyStore(
      store,
      { checkContents: request.checkContents, signal },
      {
        note: text => log.note(VERBOSITY.info, text),
        error: text => log.note(VERBOSITY.error, text),
      },
    );
  }),

  defineOp(protocol.collectGarbage, () => {
    throw notServed('CollectGarbage');
  }),
  defineOp(protocol.optimiseStore, () => {
    throw notServed('OptimiseStore');
  }),
];
