import { test } from '@jest/globals';

/** `test`, or a skipped one with the reason printed where only root could run it. */
export function testAsRoot(name: string, body: () => Promise<void>, timeoutMs?: number): void {
  if (process.getuid?.() === 0) {
    test(name, body, timeoutMs);
    return;
  }
  process.stderr.write(`Skipped: ${name}: needs root\n`);
  test.skip(`${name} (needs root)`, body);
}
