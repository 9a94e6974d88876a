import { expect, test } from '@jest/globals';
import { redact } from '../../src/doctor/redact.ts';

const SECRETS = { hostName: 'larch', userNames: ['ann', 'root'] };

test.each([
  {
    what: 'credentials in a URL',
    text: 'http://ann:pw@proxy:80/x',
    shown: 'http://REDACTED@proxy:80/x',
  },
  {
    what: 'a token of a setting',
    text: 'access-tokens = github.com=abc\nx = 1',
    shown: 'access-tokens = REDACTED\nx = 1',
  },
  { what: 'a home directory', text: '/home/bob/.nix-profile', shown: '/home/USER/.nix-profile' },
  { what: 'a user', text: 'owned by ann', shown: 'owned by USER' },
  { what: 'the host', text: 'larch: up', shown: 'HOST: up' },
  { what: 'a word that only contains a name', text: 'planned annex', shown: 'planned annex' },
  { what: 'root, whom everybody has', text: '/root root', shown: '/root root' },
])('redact hides $what', ({ text, shown }) => {
  expect(redact({ list: [{ text }], count: 1, none: null }, SECRETS)).toEqual({
    list: [{ text: shown }],
    count: 1,
    none: null,
  });
});
