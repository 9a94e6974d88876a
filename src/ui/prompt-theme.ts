import type { Output } from './output.ts';
import { toAscii } from './output.ts';

const KEYS = {
  select: '↑↓ move · Enter choose · Esc cancel',
  checkbox: '↑↓ move · Space switch · Enter accept · Esc cancel',
} as const;

/** How questions look: the same symbols as everywhere else, and the keys that matter. */
export function promptTheme(out: Output, kind: string): object {
  const symbol = (text: string) => (out.isAscii ? toAscii(text) : text);
  const help = kind === 'checkbox' ? KEYS.checkbox : KEYS.select;
  return {
    prefix: { idle: out.paint('cyan', '?'), done: out.paint('green', symbol('✔')) },
    icon: {
      cursor: symbol('❯'),
      checked: out.paint('green', symbol('◉')),
      unchecked: symbol('◯'),
      disabledUnchecked: '-',
    },
    style: {
      keysHelpTip: () =>
        out.paint('dim', symbol(help).replace('↑↓', out.isAscii ? 'Arrows' : '↑↓')),
      renderSelectedChoices: (chosen: readonly { readonly short: string }[]) =>
        chosen.length === 0 ? 'none' : chosen.map(({ short }) => short).join(', '),
    },
  };
}
