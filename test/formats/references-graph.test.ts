import { describe, expect, test } from '@jest/globals';
import { hashBytes } from '../../src/formats/hash.ts';
import { describeClosure, formatReferencesGraph } from '../../src/formats/references-graph.ts';
import { parseStorePath } from '../../src/formats/store-path.ts';
import { STORE_DIR } from './feed.ts';

const NOTE = parseStorePath(STORE_DIR, `${STORE_DIR}/ha42hgz88l4lab3af6k2fgbhxbcgxm2n-note.txt`);
const TEXT = parseStorePath(STORE_DIR, `${STORE_DIR}/m7jg6awzkl7ccmxhx4n6hrvjd0s0qm6c-t.txt`);

const node = { narHash: hashBytes('sha256', ''), contentAddress: undefined };
const note = { ...node, path: NOTE, references: [], narSizeBytes: 100 };
const text = { ...node, path: TEXT, references: [TEXT, NOTE], narSizeBytes: 20 };

describe('formatReferencesGraph', () => {
  test('lists a closure as Nix does', () => {
    const withoutSelf = { ...text, references: [NOTE] };
    expect(formatReferencesGraph([withoutSelf, note])).toBe(
      `${NOTE}\n\n0\n${TEXT}\n\n1\n${NOTE}\n`,
    );
  });
});

describe('describeClosure', () => {
  test('describes each path with the size of its own closure', () => {
    expect(describeClosure([text, { ...note, contentAddress: 'text:sha256:x' }])).toEqual([
      {
        ca: 'text:sha256:x',
        closureSize: 100,
        narHash: 'sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
        narSize: 100,
        path: NOTE,
        references: [],
      },
      {
        closureSize: 120,
        narHash: 'sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73',
        narSize: 20,
        path: TEXT,
        references: [NOTE, TEXT],
      },
    ]);
  });
});
