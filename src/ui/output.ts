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
type Environment = Readonly<Record<string, string | undefined>>;

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
}

/** Below this a list that is redrawn is harder to read than lines. */
const LEAST_COLUMNS = 40;
const USUAL_COLUMNS = 80;

/** Where text for users goes: results on stdout, remarks on stderr. */
export interface Output {
  /** Whether somebody is there to answer a question. */
  readonly canAsk: boolean;
  /** Whether questions can be redrawn where they stand, and not only printed line after line. */
  readonly canRedraw: boolean;
  /** Whether stdout is a terminal that can be redrawn, and shows every symbol. */
  readonly isLive: boolean;
  /** Whether stdout is for people, and not a file or a pipe. */
  readonly isTerminal: boolean;
  /** Whether only ASCII is sure to be shown. */
  readonly isAscii: boolean;
  /** How much fits on a line. */
  readonly columns: number;
  line(text?: string): void;
  json(value: unknown): void;
  /** One record of a stream of them. */
  event(value: unknown): void;
  remark(text: string): void;
  paint(style: Style, text: string): string;
}

export function createOutput({ stdin, stdout, stderr, env }: Streams): Output {
  const isDumb = env.TERM === 'dumb';
  const isAscii = isDumb || !hasUnicode(env);
  const plain = Boolean(env.NO_COLOR) || isDumb || stdout.isTTY !== true;
  const shown = (text: string) => `${isAscii ? toAscii(text) : text}\n`;
  return {
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    canRedraw: !isDumb,
    isLive: stdout.isTTY === true && !isAscii && hasWidth(stdout),
    isTerminal: stdout.isTTY === true,
    isAscii,
    columns: stdout.columns || USUAL_COLUMNS,
    line: (text = '') => void stdout.write(shown(text)),
    json: value => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    event: value => void stdout.write(`${JSON.stringify(value)}\n`),
    remark: text => void stderr.write(shown(text)),
    paint: (style, text) => (plain ? text : styled(style, text)),
  };
}

function styled(style: Style, text: string): string {
  const [on, off] = STYLES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

/** The same, with every line on stderr: stdout is for a program. */
export function asideOf(out: Output): Output {
  return {
    ...out,
    isLive: false,
    line: (text = '') => out.remark(text),
    paint: (_style, text) => text,
  };
}

/** Some terminals, of a serial line or in a pipe, say that they have no columns at all. */
function hasWidth({ columns = 0 }: Stream): boolean {
  return columns >= LEAST_COLUMNS;
}

/** A locale that is named and is not UTF-8 has no other symbols than ASCII's. */
function hasUnicode({ LC_ALL, LC_CTYPE, LANG }: Environment): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return locale === '' || /utf-?8/iu.test(locale);
}

const ASCII_FORMS: Readonly<Record<string, string>> = {
  '·': '-',
  '…': '...',
  '–': '-',
  '→': '->',
  '✔': '+',
  '✖': 'x',
  '❯': '>',
  '◉': '[x]',
  '◯': '[ ]',
};

/** The symbols that tenon itself uses in their ASCII forms; other text stays as it is. */
export function toAscii(text: string): string {
  return text.replace(/[·…–→✔✖❯◉◯]/gu, symbol => ASCII_FORMS[symbol] ?? symbol);
}

/** `text` without the control characters that could move the cursor or hide something. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu, '?');
}
