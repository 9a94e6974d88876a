import type { Output } from './output.ts';
import { printable } from './output.ts';

/** Something that is being found out. */
export interface Finding {
  readonly label: string;
  /** What was found, one line. */
  readonly text: Promise<string>;
}

/** Shows what is found out while it is: a live list on a terminal, a line each elsewhere. */
export async function showFindings(out: Output, findings: readonly Finding[]): Promise<void> {
  const width = Math.max(...findings.map(({ label }) => label.length)) + 2;
  const lineOf = (label: string, text: string) => `${label.padEnd(width)}${printable(text)}`;
  if (out.isLive) {
    await showLive(findings, lineOf);
    return;
  }
  for (const { label, text } of findings) out.line(`  ${lineOf(label, await text)}`);
}

async function showLive(
  findings: readonly Finding[],
  lineOf: (label: string, text: string) => string,
): Promise<void> {
  const { Listr } = await import('listr2');
  const tasks = findings.map(({ label, text }) => ({
    title: label,
    task: async (_context: unknown, shown: { title?: string | undefined }) => {
      shown.title = lineOf(label, await text);
    },
  }));
  await new Listr(tasks, { concurrent: true, registerSignalListeners: false }).run();
}
