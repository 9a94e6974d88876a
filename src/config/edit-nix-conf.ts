import type { ByteString } from '../formats/byte-string.ts';
import { wordsOf } from './nix-conf.ts';

/** The text of a nix.conf in which no line sets `name` any more: such lines stay as comments. */
export function commentOut(text: ByteString, name: ByteString): ByteString {
  return text
    .split('\n')
    .map(line => (isSetting(line, name) ? `# ${line}` : line))
    .join('\n');
}

function isSetting(line: ByteString, name: ByteString): boolean {
  const [first, equals] = wordsOf(line);
  return first === name && equals === '=';
}
