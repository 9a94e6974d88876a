import { bool, none, record } from '../../formats/wire.ts';
import { type GcReply, type GcRequest, gcReply, gcRequest } from '../gc.ts';
import type { Op } from '../op.ts';
import { type ClientSettings, clientSettings } from '../set-options.ts';
import { ack } from '../words.ts';

/** The connection and the store as a whole. */

export interface VerifyRequest {
  readonly checkContents: boolean;
  readonly repair: boolean;
}

export const setOptions: Op<ClientSettings, undefined> = {
  number: 19,
  name: 'SetOptions',
  request: clientSettings,
  reply: none,
};

export const collectGarbage: Op<GcRequest, GcReply> = {
  number: 20,
  name: 'CollectGarbage',
  request: gcRequest,
  reply: gcReply,
};

export const optimiseStore: Op<undefined, undefined> = {
  number: 34,
  name: 'OptimiseStore',
  request: none,
  reply: ack,
};

/** Replies whether errors remain. */
export const verifyStore: Op<VerifyRequest, boolean> = {
  number: 35,
  name: 'VerifyStore',
  request: record<VerifyRequest>({ checkContents: bool, repair: bool }),
  reply: bool,
};
