import { describe, jest } from '@jest/globals';
import { whyNoMachines } from './machine-needs.ts';

/** The first use of a machine on a fresh host also builds its template. */
const testLimitMs = 300_000;

/** `describe`, or a skipped one with the reason printed where machines cannot run. */
export function describeOnMachine(name: string, body: () => void): void {
  const reason = whyNoMachines();
  if (reason === undefined) {
    jest.setTimeout(testLimitMs);
    describe(name, body);
    return;
  }
  process.stderr.write(`Skipped: ${name}: ${reason}\n`);
  describe.skip(`${name} (${reason})`, body);
}
