/** The variables of one process or file, in its order. Values are byte strings or text; both are only compared. */
export type Variables = ReadonlyMap<string, string>;

/** What `/proc/PID/environ` and `env -0` hold. The first of two entries of one name counts, as in getenv(3). */
export function parseEnviron(text: string): Variables {
  const variables = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const end = entry.indexOf('=');
    if (end < 1) continue;
    const name = entry.slice(0, end);
    if (!variables.has(name)) variables.set(name, entry.slice(end + 1));
  }
  return variables;
}

export function variablesOf(env: Readonly<Record<string, string | undefined>>): Variables {
  return new Map(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Lines such as `NAME=value`, `export NAME='value'` or `NAME="value"`; the last of two counts. Nothing is expanded. */
export function parseAssignments(text: string): Variables {
  const variables = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined) variables.set(name, unquote(value));
  }
  return variables;
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/u;

function unquote(value: string): string {
  const [quote] = value;
  const isQuoted =
    value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote ?? '');
  if (value.startsWith("$'") && value.endsWith("'")) return value.slice(2, -1);
  return isQuoted ? value.slice(1, -1) : value;
}
