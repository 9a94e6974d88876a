import { describe, expect, test } from '@jest/globals';
import { testAsRoot } from '../support/as-root.ts';
import { checkContext } from '../support/check-context.ts';
import { breakAndCure, privateStore } from '../support/doctor.ts';
import { createFixtureHost } from '../support/fixture-host.ts';
import { find, judge } from '../support/judge.ts';

const CONF = `${privateStore}/etc/nix/nix.conf`;

describe('a configuration that is broken is found by exactly the check for it', () => {
  testAsRoot('config.valid: a line of nix.conf makes no sense', async () => {
    const seen = await breakAndCure({
      breakIt: `echo 'what is this' >> ${CONF}`,
      cure: `sed -i '$d' ${CONF}`,
    });
    expect(seen.found).toEqual(['config.valid error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('config.valid')).toMatchObject({
      evidence: [{ source: CONF, value: expect.stringContaining('line 2') }],
      fixes: [{ class: 'M', description: expect.stringContaining('Correct the line') }],
    });
  });

  testAsRoot('config.valid: a line of your own nix.conf makes no sense', async () => {
    const seen = await breakAndCure({
      breakIt: 'export NIX_CONFIG="what is this"',
      cure: 'unset NIX_CONFIG',
    });
    expect(seen.found).toEqual(['config.valid error']);
    expect(seen.broken('config.valid')?.evidence[0]?.source).toBe('your nix.conf');
  });

  testAsRoot('config.valid: tenon.conf has a value that nothing can have', async () => {
    const seen = await breakAndCure({
      breakIt: `mkdir -p ${privateStore}/upper ${privateStore}/work
        mount -t overlay -o lowerdir=/etc,upperdir=${privateStore}/upper,workdir=${privateStore}/work etc /etc
        mkdir -p /etc/tenon && echo 'users.count = many' > /etc/tenon/tenon.conf`,
      cure: 'rm /etc/tenon/tenon.conf',
    });
    expect(seen.found).toEqual(['config.valid error']);
    expect(seen.broken('config.valid')?.evidence[0]?.value).toContain('"many"');
  });

  testAsRoot('config.no-effect: the name of a setting is misspelt', async () => {
    const seen = await breakAndCure({
      breakIt: `echo 'max-jbos = 3' >> ${CONF}`,
      cure: `sed -i '$d' ${CONF}`,
    });
    expect(seen.found).toEqual(['config.no-effect hint']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('config.no-effect')?.evidence).toEqual([
      { source: CONF, value: "unknown setting 'max-jbos'" },
    ]);
  });

  testAsRoot('config.cache-keys: a binary cache has no key', async () => {
    const seen = await breakAndCure({
      breakIt: `echo 'substituters = https://cache.nixos.org https://me:secret@cache.example.org' >> ${CONF}`,
      cure: `echo 'extra-trusted-public-keys = cache.example.org-1:00000000000000000000000000000000000000000000' >> ${CONF}`,
    });
    expect(seen.found).toEqual(['config.cache-keys warn']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('config.cache-keys')).toMatchObject({
      evidence: [
        { source: CONF, value: 'substituter https://cache.example.org' },
        { source: CONF, value: 'trusted-public-keys: cache.nixos.org-1' },
      ],
      fixes: [{ class: 'M' }],
    });
  });
});

describe('config.cache-keys', () => {
  test.each([
    { what: 'keys with other names', change: { trustedPublicKeys: ['a:1', 'b:2'] } },
    { what: 'no signatures wanted', change: { trustedPublicKeys: [], requireSignatures: false } },
    { what: 'no substitution wanted', change: { trustedPublicKeys: [], substitute: false } },
    {
      what: 'a cache that is taken at its word',
      change: { trustedPublicKeys: [], substituters: ['file:///cache?trusted=1'] },
    },
  ])('accepts $what', async ({ change }) => {
    using fixture = createFixtureHost();
    const context = checkContext(fixture);
    const substituters = ['https://one.example.org', 'https://two.example.org'];
    const settings = { ...context.settings, substituters, ...change };
    const results = await judge({ ...context, settings });
    expect(find(results, 'config.cache-keys')?.status).toBe('pass');
  });
});

describe('config.trusted', () => {
  const cache = 'https://mine.example.org';

  test.each([
    { who: 'an untrusted user', uid: 1000, trusted: false, status: 'warn' },
    { who: 'a trusted user', uid: 1000, trusted: true, status: 'pass' },
    { who: 'a user whose daemon does not say', uid: 1000, trusted: undefined, status: 'skip' },
    { who: 'root', uid: 0, trusted: undefined, status: 'pass' },
  ])('$who names a binary cache: $status', async ({ uid, trusted, status }) => {
    using fixture = createFixtureHost();
    const context = checkContext(fixture, { uid, askTrust: async () => trusted });
    const userSettings = { ...context.settings, substituters: [cache] };
    const results = await judge({ ...context, userSettings });
    expect(find(results, 'config.trusted')?.status).toBe(status);
  });

  test('passes once the daemon knows the cache', async () => {
    using fixture = createFixtureHost();
    const context = checkContext(fixture, { uid: 1000, askTrust: async () => false });
    const results = await judge({
      ...context,
      userSettings: { ...context.settings, substituters: [`${cache}/`] },
      settings: { ...context.settings, trustedSubstituters: [cache] },
    });
    expect(find(results, 'config.trusted')?.status).toBe('pass');
  });
});
