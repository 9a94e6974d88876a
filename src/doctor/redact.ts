/** What must not leave the machine by name: its own name, and those of its people. */
export interface Secrets {
  readonly hostName: string;
  readonly userNames: readonly string[];
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/giu, '$1REDACTED@'],
  [
    /(\b(?:access-tokens|netrc|password|passwd|secret|token)\b[^\n=:]*[=:]\s*)[^\n]+/giu,
    '$1REDACTED',
  ],
  [/(\/home\/)[^/\s:"']+/gu, '$1USER'],
];

/** `value` with every text in it, at any depth, without credentials, names of people and the name of the machine. */
export function redact(value: unknown, secrets: Secrets): unknown {
  if (typeof value === 'string') return redactText(value, secrets);
  if (Array.isArray(value)) return value.map(item => redact(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, redact(item, secrets)]),
  );
}

function redactText(text: string, { hostName, userNames }: Secrets): string {
  const withoutSecrets = RULES.reduce((result, [secret, put]) => result.replace(secret, put), text);
  const withoutHost = withoutName(withoutSecrets, hostName, 'HOST');
  return userNames.reduce((result, name) => withoutName(result, name, 'USER'), withoutHost);
}

/** Only whole words: a name may be part of another word. Names that everybody has say nothing. */
function withoutName(text: string, name: string, put: string): string {
  if (name === '' || name === 'root' || name === 'localhost') return text;
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
  return text.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'gu'), put);
}
