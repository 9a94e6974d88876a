import { resolve } from 'node:path';
import type { SetupName } from '../config/setup-settings.ts';
import { formatSetting, setupNames } from '../config/setup-settings.ts';
import { decodeText, encodeText } from '../formats/byte-string.ts';
import { createFiles } from '../host/files.ts';
import { readLinkedFile } from '../host/store-files.ts';
import type { SavedPlan } from '../setup/saved-plan.ts';
import { parseSavedPlan } from '../setup/saved-plan.ts';
import { START_STEP } from '../setup/service-steps.ts';
import { cannotOpen, cannotSave } from './errors.ts';
import type { Prospect } from './prospect.ts';
import type { Target } from './target.ts';

/** A plan as JSON has it. */
export function documentOf({ described, preflight, obstacles }: Prospect) {
  return { ...described, preflight, obstacles };
}

/** Saves what `setup --plan` compares the host with. */
export async function savePlan(prospect: Prospect, file: string): Promise<void> {
  const text = `${JSON.stringify(documentOf(prospect), null, 2)}\n`;
  try {
    await createFiles('/').writeText(resolve(file), encodeText(text), 0o644);
  } catch (error) {
    throw cannotSave(file, error);
  }
}

export function loadPlan(file: string): SavedPlan {
  return parseSavedPlan(decodeText(readPlan(file)), file);
}

/** Far more than a plan for a thousand build users has. */
const MAX_PLAN_BYTES = 2 ** 24;

function readPlan(file: string): string {
  try {
    const text = readLinkedFile(resolve(file), MAX_PLAN_BYTES);
    if (text !== undefined) return text;
  } catch (error) {
    throw cannotOpen(file, error);
  }
  throw cannotOpen(file, new Error(`there is no file of at most ${MAX_PLAN_BYTES} bytes`));
}

/** The host that a plan was made for, and what was said for it; the rest is looked up again. */
export function targetOf({ root, settings, steps }: SavedPlan): Target {
  const given = settings.filter(({ source }) => ['flag', 'env'].includes(source));
  const flags = given.flatMap(({ name, value }) =>
    isSetupName(name) ? [[name, formatSetting(value)] as const] : [],
  );
  const isStarted = steps.some(({ id }) => id === START_STEP);
  return { root, flags: Object.fromEntries(flags), isStarted };
}

function isSetupName(name: string): name is SetupName {
  return setupNames.some(each => each === name);
}
