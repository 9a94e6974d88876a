import type { DescribedPlan, DescribedStep, Setting } from './describe.ts';
import { badPlanFile } from './errors.ts';

/** A plan that was saved to be applied later: what it was made with, and what every step found and wants. */
export interface SavedPlan {
  readonly root: string;
  readonly settings: readonly Pick<Setting, 'name' | 'value' | 'source'>[];
  readonly steps: readonly Pick<DescribedStep, 'id' | 'before' | 'after' | 'action'>[];
}

/** Throws `setup/bad-plan-file` for what is no plan. */
export function parseSavedPlan(text: string, file: string): SavedPlan {
  const plan = parse(text, file);
  if (!isObject(plan) || plan.schemaVersion !== 1)
    throw badPlanFile(file, 'it is no plan of this version');
  const { host, settings, steps } = plan;
  if (!isObject(host) || typeof host.root !== 'string') throw badPlanFile(file, 'it names no root');
  if (!isListOf(settings, isSetting)) throw badPlanFile(file, 'its settings are damaged');
  if (!isListOf(steps, isStep)) throw badPlanFile(file, 'its steps are damaged');
  return { root: host.root, settings, steps };
}

/** How the host, or this program, differs from what the plan was made for; empty when it can be applied. */
export function findDrift(saved: SavedPlan, current: DescribedPlan): readonly string[] {
  const now = new Map(current.steps.map(step => [step.id, step]));
  const gone = saved.steps.filter(({ id }) => !now.has(id)).map(({ id }) => `${id} is not needed`);
  const then = new Map(saved.steps.map(step => [step.id, step]));
  const changed = current.steps.flatMap(step => driftOf(step, then.get(step.id)));
  return [...gone, ...changed];
}

function driftOf(
  { id, target, before, after }: DescribedStep,
  then: SavedPlan['steps'][number] | undefined,
): readonly string[] {
  if (then === undefined) return [`${id} is needed in addition`];
  if (then.after !== after) return [`${id} would be done in another way`];
  return then.before === before ? [] : [`${target} has changed`];
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badPlanFile(file, 'it is no JSON');
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isSetting(value: unknown): value is SavedPlan['settings'][number] {
  if (!isObject(value) || typeof value.name !== 'string' || typeof value.source !== 'string')
    return false;
  const isWord = (item: unknown): item is string => typeof item === 'string';
  return ['string', 'number'].includes(typeof value.value) || isListOf(value.value, isWord);
}

function isStep(value: unknown): value is SavedPlan['steps'][number] {
  return (
    isObject(value) &&
    typeof value.id === 'string' &&
    typeof value.action === 'string' &&
    typeof value.after === 'string' &&
    (typeof value.before === 'string' || value.before === null)
  );
}
