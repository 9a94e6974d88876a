import * as protocol from '../../protocol/ops/realisations.ts';
import { notServed } from '../errors.ts';
import { defineOp } from '../op.ts';

/** Outputs whose paths are not known before the build. This daemon builds none, so it knows of none. */
export const realisations = [
  defineOp(protocol.queryRealisation, () => undefined),
  defineOp(protocol.registerDrvOutput, () => {
    throw notServed('RegisterDrvOutput');
  }),
];
