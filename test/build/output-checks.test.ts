import { describe, expect, test } from '@jest/globals';
import type { OutputChecks } from '../../src/build/derivation-options.ts';
import {
  checkOutput,
  type OutputContext,
  type ProducedOutput,
} from '../../src/build/output-checks.ts';
import type { StorePath } from '../../src/formats/store-path.ts';
import { fakePath } from './derivations.ts';

const input = fakePath('a', 'input');
const deep = fakePath('b', 'deep');
const out = fakePath('0', 'some');
const dev = fakePath('2', 'some-dev');

const unlimited: OutputChecks = {
  allowedReferences: undefined,
  allowedRequisites: undefined,
  disallowedReferences: [],
  disallowedRequisites: [],
  maxSizeBytes: undefined,
  maxClosureSizeBytes: undefined,
  requisitesIncludeSelf: false,
};

const produced = (name: string, path: StorePath, references: readonly StorePath[]) => ({
  name,
  path,
  narSizeBytes: 100,
  references,
});

/** `input` refers to `deep`; each has 1000 bytes. */
const closures = new Map([
  [input, [input, deep]],
  [deep, [deep]],
]);

/** Checks `out`, which refers to itself, to `dev` and, through that, to `input` and `deep`. */
function check(limits: Partial<OutputChecks>): void {
  const outputs: ProducedOutput[] = [
    produced('out', out, [out, dev]),
    produced('dev', dev, [input]),
  ];
  const context: OutputContext = {
    outputs,
    closureOf: paths =>
      [...new Set(paths.flatMap(path => closures.get(path) ?? []))].map(path => ({
        path,
        narSizeBytes: 1000,
      })),
  };
  const [first] = outputs;
  if (first !== undefined) checkOutput(first, { ...unlimited, ...limits }, context);
}

describe('checkOutput', () => {
  test.each<{ what: string; limits: Partial<OutputChecks> }>([
    { what: 'no limits', limits: {} },
    { what: 'all references, by path', limits: { allowedReferences: [out, dev] } },
    {
      what: 'all references, by name of the output',
      limits: { allowedReferences: ['out', 'dev'] },
    },
    { what: 'all requisites, without itself', limits: { allowedRequisites: ['dev', input, deep] } },
    { what: 'others that are forbidden', limits: { disallowedReferences: [input, deep] } },
    { what: 'itself forbidden as a requisite', limits: { disallowedRequisites: ['out'] } },
    { what: 'a size that is just allowed', limits: { maxSizeBytes: 100 } },
    { what: 'a closure that is just allowed', limits: { maxClosureSizeBytes: 2200 } },
  ])('accepts $what', ({ limits }) => {
    expect(() => check(limits)).not.toThrow();
  });

  test.each<{ flaw: string; limits: Partial<OutputChecks>; named: readonly StorePath[] }>([
    {
      flaw: 'any reference when none is allowed',
      limits: { allowedReferences: [] },
      named: [out, dev],
    },
    { flaw: 'a reference to itself', limits: { allowedReferences: ['dev'] }, named: [out] },
    { flaw: 'a forbidden reference', limits: { disallowedReferences: ['dev'] }, named: [dev] },
    {
      flaw: 'a requisite of a requisite',
      limits: { allowedRequisites: ['dev', input] },
      named: [deep],
    },
    { flaw: 'a forbidden requisite', limits: { disallowedRequisites: [deep] }, named: [deep] },
    {
      flaw: 'itself among structured requisites',
      limits: { disallowedRequisites: ['out'], requisitesIncludeSelf: true },
      named: [out],
    },
  ])('refuses $flaw', ({ limits, named }) => {
    const list = named.map(path => `\n  ${path}`).join('');
    expect(() => check(limits)).toThrow(
      `output '${out}' is not allowed to refer to the following paths:${list}`,
    );
  });

  test.each<keyof OutputChecks>([
    'allowedReferences',
    'allowedRequisites',
    'disallowedReferences',
    'disallowedRequisites',
  ])('refuses %s of something that is neither a store path nor an output', limit => {
    expect(() => check({ [limit]: ['out', 'dev', 'nothing'] })).toThrow(
      "illegal reference specifier 'nothing'",
    );
  });

  test.each<{ what: string; limits: Partial<OutputChecks>; message: string }>([
    {
      what: 'output',
      limits: { maxSizeBytes: 99 },
      message: `path '${out}' is too large at 100 bytes; limit is 99 bytes`,
    },
    {
      what: 'closure',
      limits: { maxClosureSizeBytes: 2199 },
      message: `closure of path '${out}' is too large at 2200 bytes; limit is 2199 bytes`,
    },
  ])('refuses an $what that is too large', ({ limits, message }) => {
    expect(() => check(limits)).toThrow(message);
  });
});
