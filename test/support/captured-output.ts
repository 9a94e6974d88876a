import { createOutput, type Output } from '../../src/ui/output.ts';

/** An output that remembers what was written, as text without colours or with them. */
export interface CapturedOutput extends Output {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

interface Terminal {
  readonly isTerminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export function captureOutput({ isTerminal = false, env = {} }: Terminal = {}): CapturedOutput {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    isTTY: isTerminal,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const streams = { stdout: stream('stdout'), stderr: stream('stderr') };
  return {
    ...createOutput({ stdin: { isTTY: isTerminal }, ...streams, env }),
    stdout: () => written.stdout,
    stderr: () => written.stderr,
  };
}
