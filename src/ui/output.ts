/** What turns a style on and off (ECMA-48 SGR). Node's styleText does the same, and takes 3 ms to load. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

type Style = keyof typeof STYLES;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Below this a list that is redrawn is harder to read than lines. */
const LEAST_COLUMNS = 40;

/** Where text for users goes: results on stdout, remarks on stderr. */
export interface Output {
  /** Whether somebody is there to answer a question. */
  readonly canAsk: boolean;
  /** Whether stdout is a terminal that can be redrawn. */
  readonly isLive: boolean;
  line(text?: string): void;
  json(value: unknown): void;
  remark(text: string): void;
  paint(style: Style, text: string): string;
}

export function createOutput({ stdin, stdout, stderr, env }: Streams): Output {
  const plain = Boolean(env.NO_COLOR) || env.TERM === 'dumb' || stdout.isTTY !== true;
  return {
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    isLive: stdout.isTTY === true && env.TERM !== 'dumb' && hasWidth(stdout),
    line: (text = '') => void stdout.write(`${text}\n`),
    json: value => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    remark: text => void stderr.write(`${text}\n`),
    paint: (style, text) => (plain ? text : styled(style, text)),
  };
}

function styled(style: Style, text: string): string {
  const [on, off] = STYLES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** Some terminals, of a serial line or in a pipe, say that they have no columns at all. */
function hasWidth({ columns = 0 }: Stream): boolean {
  return columns >= LEAST_COLUMNS;
}

/** `text` without the control characters that could move the cursor or hide something. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu, '?');
}
