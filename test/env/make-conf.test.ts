import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { addToMakeConf, removeFromMakeConf } from '../../src/env/apply-make-conf.ts';
import { addNames, envUnsetLine, removeNames } from '../../src/env/make-conf.ts';
import { createFixtureHost, type FixtureHost } from '../support/fixture-host.ts';

/** Programs start slowly on a busy machine. */
jest.setTimeout(60_000);

const MAKE_CONF = '/etc/portage/make.conf';
const OWN_FILE = `${MAKE_CONF}/zz-tenon-env-unset`;

/** What a person's file may look like. */
const TEXTS = [
  '',
  '# only a comment',
  'CFLAGS="-O2 -pipe"\nUSE="a -b\n  c" # more\n',
  `export A='x'\nB=plain-word:/a/b\nC="$A \${B}"\n`,
  'source /etc/portage/more.conf\nD=""\n',
  'E="a \\" b"\nF=a"b"\'c\'\n',
  'G="\u001b[31m\xff\x00"\n',
  'H="no line end"',
];

/** What Portage itself refuses, or bash code that is no make.conf. */
const STRANGE = [
  { text: 'A="not closed\n', why: 'quote that opens in line 1' },
  { text: "A=1\nB='x\n", why: 'quote that opens in line 2' },
  { text: 'if true; then A=1; fi\n', why: 'line 1 is no assignment' },
  { text: 'A=$(uname -m)\n', why: 'line 1' },
  { text: 'A\n', why: 'line 1 is no assignment' },
  { text: 'A=\n', why: 'line 1 is no assignment' },
  { text: 'A+="b"\n', why: 'line 1 assigns to no name' },
  { text: 'A=(1 2)\n', why: 'line 1' },
  { text: 'A==b\n', why: 'line 1' },
  { text: 'A=^b\n', why: 'line 1' },
  { text: 'A=-march=native\n', why: 'line 1' },
];

function edited(result: ReturnType<typeof addNames>): string {
  return result.state === 'todo' ? result.text : `${result.state}, nothing to write`;
}

describe('addNames', () => {
  test('adds to what other files and the profile say', () => {
    expect(edited(addNames('USE="x"\n', ['GTK_PATH', 'A_PATH']))).toMatch(
      /^USE="x"\n\n# begin: .*\n# .*\nENV_UNSET="\$\{ENV_UNSET\} A_PATH GTK_PATH"\n# end: .*\n$/u,
    );
  });

  test.each(TEXTS)('is undone to the byte by removeNames (%#)', text => {
    const added = edited(addNames(text, ['GTK_PATH']));
    expect(added.startsWith(text)).toBe(true);
    const more = edited(addNames(added, ['QT_PLUGIN_PATH']));
    expect(edited(removeNames(more))).toBe(text);
    expect(removeNames(text)).toEqual({ state: 'done' });
  });

  test('has nothing to do the second time', () => {
    const added = edited(addNames(TEXTS[2] ?? '', ['GTK_PATH', 'A']));
    expect(addNames(added, ['A'])).toEqual({ state: 'done' });
  });

  test.each(STRANGE)('leaves $text alone', ({ text, why }) => {
    expect(addNames(text, ['A'])).toEqual({ state: 'alone', why: expect.stringContaining(why) });
    const withLines = `${text}\n${edited(addNames('', ['A']))}`;
    expect(removeNames(withLines)).toMatchObject({ state: 'todo', text });
  });

  test.each([
    ['another name', envUnsetLine(['A']), 'ENV_UNSET="-* A"'],
    ['another line', '# end:', 'B="1"\n# end:'],
    ['no end', '# end: managed by tenon env fix\n', ''],
    [
      'two ends',
      '# end: managed by tenon env fix\n',
      '# end: managed by tenon env fix\n'.repeat(2),
    ],
  ])('leaves a block alone that somebody gave %s', (_, from, to) => {
    const text = edited(addNames('', ['A'])).replace(from, to);
    expect(addNames(text, ['B'])).toMatchObject({ state: 'alone' });
    expect(removeNames(text)).toMatchObject({ state: 'alone' });
  });

  test('keeps apart what stands before the block and what somebody wrote behind it', () => {
    const added = edited(addNames('USE="x"', ['A']));
    expect(edited(removeNames(`${added}B="y"\n`))).toBe('USE="x"\nB="y"\n');
    expect(edited(addNames(`${added}B="y"\n`, ['C']))).toMatch(/^USE="x"\nB="y"\n/u);
  });

  test('never throws, and never loses what was there', () => {
    const law = fc.property(fc.string({ unit: 'binary' }), text => {
      const added = addNames(text, ['A']);
      if (added.state !== 'todo') return;
      expect(edited(removeNames(added.text))).toBe(text);
    });
    fc.assert(law);
  });
});

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return await work.catch((error: unknown) => error);
}

function writePlain(fixture: FixtureHost): void {
  fixture.write(MAKE_CONF, 'USE="x"\n', 0o640);
}

describe('make.conf on a host', () => {
  test('keeps its mode, is changed once, and comes back', async () => {
    using fixture = createFixtureHost();
    const { host } = fixture;
    writePlain(fixture);
    expect(await addToMakeConf(host, ['GTK_PATH'])).toEqual({
      file: MAKE_CONF,
      changed: true,
      names: ['GTK_PATH'],
    });
    expect(await addToMakeConf(host, ['GTK_PATH'])).toMatchObject({ changed: false });
    expect(await host.readText(MAKE_CONF)).toContain(envUnsetLine(['GTK_PATH']));
    expect(await host.look(MAKE_CONF)).toMatchObject({ mode: 0o640 });
    expect(await removeFromMakeConf(host)).toMatchObject({ changed: true });
    expect(await removeFromMakeConf(host)).toMatchObject({ changed: false });
    expect(await host.readText(MAKE_CONF)).toBe('USE="x"\n');
  });

  test('as a folder gets a file of its own, and loses it', async () => {
    using fixture = createFixtureHost();
    const { host } = fixture;
    fixture.write(`${MAKE_CONF}/10-use`, 'USE="x"\n');
    expect(await addToMakeConf(host, ['GTK_PATH'])).toMatchObject({
      file: OWN_FILE,
      changed: true,
    });
    expect(await host.list(MAKE_CONF)).toEqual(['10-use', 'zz-tenon-env-unset']);
    expect(await removeFromMakeConf(host)).toMatchObject({ changed: true });
    expect(await host.list(MAKE_CONF)).toEqual(['10-use']);
  });

  test.each([
    { case: 'is missing', prepare: () => undefined },
    {
      case: 'is a symbolic link',
      prepare: (fixture: FixtureHost) => {
        fixture.write('/etc/portage/real', 'USE="x"\n');
        symlinkSync('real', join(fixture.root, MAKE_CONF));
      },
    },
    {
      case: 'has a syntax error',
      prepare: (fixture: FixtureHost) => fixture.write(MAKE_CONF, 'USE="x\n'),
    },
    {
      case: 'has in its folder a folder in our place',
      prepare: (fixture: FixtureHost) => fixture.write(`${OWN_FILE}/x`, ''),
    },
    {
      case: 'is megabytes of one quote',
      prepare: (fixture: FixtureHost) => fixture.write(MAKE_CONF, `A="${'x'.repeat(4_000_000)}`),
    },
  ])('is left alone, and the line is named, when it $case', async ({ prepare }) => {
    using fixture = createFixtureHost();
    prepare(fixture);
    const before = await fixture.host.list('/etc/portage');
    expect(await outcome(addToMakeConf(fixture.host, ['GTK_PATH']))).toMatchObject({
      code: 'env/left-alone',
      hint: expect.stringContaining(envUnsetLine(['GTK_PATH'])),
    });
    expect(await fixture.host.list('/etc/portage')).toEqual(before);
    expect(await outcome(removeFromMakeConf(fixture.host))).toMatchObject({ changed: false });
  });

  test('is left alone, and says what is to go, when the lines to take out were changed', async () => {
    using fixture = createFixtureHost();
    writePlain(fixture);
    await addToMakeConf(fixture.host, ['GTK_PATH']);
    const text = `${await fixture.host.readText(MAKE_CONF)}`.replace('GTK_PATH', 'GTK_*');
    fixture.write(MAKE_CONF, text);
    expect(await outcome(removeFromMakeConf(fixture.host))).toMatchObject({
      code: 'env/left-alone',
      hint: expect.stringContaining('Take the lines between the marks'),
    });
    expect(await fixture.host.readText(MAKE_CONF)).toBe(text);
  });

  test('is read where it has megabytes', async () => {
    using fixture = createFixtureHost();
    fixture.write(MAKE_CONF, `${'USE="x" # y\n'.repeat(200_000)}Z=${'z'.repeat(2_000_000)}\n`);
    expect(await addToMakeConf(fixture.host, ['A'])).toMatchObject({ changed: true });
  });
});
