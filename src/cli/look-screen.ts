import type { Existing } from '../setup/existing.ts';
import { describeExisting } from '../setup/existing.ts';
import { showFindings } from '../ui/findings.ts';
import type { Output } from '../ui/output.ts';
import type { lookAtHost, PreflightResult, Surroundings } from './look.ts';

type Looking = ReturnType<typeof lookAtHost>;

/** Shows what is found on the host while it is looked at. */
export async function showLook(
  out: Output,
  { init, layout }: Surroundings,
  { facts, existing, preflight }: Looking,
): Promise<void> {
  await showFindings(out, [
    {
      label: 'Host',
      text: facts.then(
        ({ distro, architecture }) => `${distro.name}, ${initText(init)}, ${architecture}`,
      ),
    },
    { label: 'Found', text: existing.then((found: Existing) => describeExisting(found)) },
    { label: 'Disk', text: facts.then(({ freeBytes }) => diskText(freeBytes, layout.storeDir)) },
    { label: 'Sandbox', text: preflight.then(sandboxText) },
    { label: 'Checks', text: preflight.then(checksText) },
  ]);
}

function initText(init: string): string {
  return init === 'none' ? 'no init system that is known' : init;
}

const GIB = 1024 ** 3;

function diskText(freeBytes: number | undefined, storeDir: string): string {
  if (freeBytes === undefined) return `unknown space for ${storeDir}`;
  return `${(freeBytes / GIB).toFixed(1)} GiB free for ${storeDir}`;
}

function sandboxText(results: readonly PreflightResult[]): string {
  const flaw = results.find(({ group, status }) => group === 'sandbox' && status === 'error');
  return flaw === undefined ? 'builds can be isolated' : `${flaw.summary} (${flaw.id})`;
}

function checksText(results: readonly PreflightResult[]): string {
  const count = (...wanted: readonly string[]) =>
    results.filter(({ status }) => wanted.includes(status)).length;
  const parts = [
    [count('error', 'crash'), 'failed'],
    [count('warn', 'hint'), 'with a remark'],
    [count('pass'), 'passed'],
    [count('skip'), 'skipped'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}
