import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStockStore } from '../support/stock-nix.ts';
import { startTenon, type TenonDaemon } from '../support/tenon-daemon.ts';
import { createWorkshop, type Workshop } from '../support/workshop.ts';

const NIX = ['nix', '--extra-experimental-features', 'nix-command'] as const;

/** Questions about one path. Where a derivation is wanted, they are asked about that of the path. */
const QUESTIONS: readonly (readonly [string, ...string[]])[] = [
  ...['references', 'referrers', 'requisites', 'deriver', 'tree', 'hash', 'size', 'graph'].map(
    what => ['nix-store', '--query', `--${what}`] as const,
  ),
  ['nix-store', '--query', '--referrers-closure'],
  ['nix-store', '--check-validity'],
  ['nix-store', '--verify-path'],
  ['nix-store', '--dump'],
  ['nix-store', '--export'],
  [...NIX, 'path-info', '--json', '--recursive', '--size', '--closure-size'],
  [...NIX, 'store', 'dump-path'],
  [...NIX, 'store', 'ls', '--recursive', '--long'],
  [...NIX, 'log'],
];

const DERIVATION_QUESTIONS: readonly (readonly [string, ...string[]])[] = [
  ['nix-store', '--query', '--outputs'],
  ['nix-store', '--query', '--requisites', '--include-outputs'],
  ['nix-store', '--query', '--binding', 'name'],
  ['nix-store', '--read-log'],
  ['nix-store', '--print-env'],
  [...NIX, 'show-derivation', '--recursive'],
];

const named = (questions: typeof QUESTIONS) =>
  questions.map(question => ({
    question,
    words: question.filter(word => !NIX.some(other => other === word)).join(' '),
  }));

/** A store written by one program, about which stock Nix and tenon's daemon are asked. */
interface Written {
  readonly shop: Workshop;
  readonly daemon: TenonDaemon;
  readonly outputs: readonly string[];
}

async function writeStore(writer: 'tenon' | 'stock'): Promise<Written> {
  const shop = createWorkshop(createStockStore(['sandbox = true']));
  if (writer === 'stock') {
    await using _stock = await shop.store.startDaemon();
    await shop.ask(['nix-build', 'kinds.nix', '--out-link', 'kinds']);
  }
  const daemon = await startTenon(shop.store);
  const built = await shop.ask(['nix-build', 'kinds.nix', '--out-link', 'kinds']);
  return { shop, daemon, outputs: built.split('\n') };
}

describe.each(['tenon', 'stock'] as const)('a store written by %s', writer => {
  let written: Written;

  beforeAll(async () => {
    written = await writeStore(writer);
  }, 60_000);

  afterAll(async () => {
    await written.daemon[Symbol.asyncDispose]();
    await written.shop[Symbol.asyncDispose]();
  });

  const answers = async (argv: readonly [string, ...string[]]) => {
    const { shop } = written;
    const [byTenon, byStock] = [await shop.run(argv, 'daemon'), await shop.run(argv, 'local')];
    expect(byStock).toMatchObject({ status: 0 });
    return [byTenon.stdout, byStock.stdout];
  };

  const output = (name: string) => written.outputs.find(path => path.endsWith(name)) ?? name;

  test.each(named(QUESTIONS))('has the same answer of tenon and of stock: $words', async row => {
    const path = output(row.words.startsWith('log') ? '-leaf' : '-multi');
    const [byTenon, byStock] = await answers([...row.question, path]);
    expect(byTenon).toEqual(byStock);
  });

  test.each(named(DERIVATION_QUESTIONS))(
    'has the same answer about a derivation: $words',
    async ({ question }) => {
      const leaf = output('-leaf');
      const drv = await written.shop.ask(['nix-store', '--query', '--deriver', leaf]);
      const [byTenon, byStock] = await answers([...question, drv]);
      expect(byTenon).toEqual(byStock);
    },
  );

  test.each([
    { what: 'all', argv: ['nix-store', '--gc', '--print-roots'] as const, count: 13 },
    { what: 'of a path', argv: ['nix-store', '--query', '--roots'] as const, count: 4 },
  ])('has the same roots: $what', async ({ what, argv, count }) => {
    const [byTenon, byStock] = await answers(what === 'all' ? argv : [...argv, output('-multi')]);
    const permanent = (text = '') =>
      text.split('\n').filter(line => line.includes(' -> ') && !line.startsWith('{'));
    expect(permanent(byTenon).sort()).toEqual(permanent(byStock).sort());
    expect(permanent(byTenon).length).toBe(count);
  });

  test('has the same paths', async () => {
    const [byTenon, byStock] = await answers([...NIX, 'path-info', '--all', '--json']);
    expect(JSON.parse(byTenon ?? '')).toEqual(JSON.parse(byStock ?? ''));
  });
});

describe('a store written by stock Nix', () => {
  test('is served unchanged, and built on', async () => {
    await using shop = createWorkshop(createStockStore(['sandbox = true']));
    const everything = [...NIX, 'path-info', '--all', '--json'] as const;
    const before = await shop.build('(import ./kinds.nix).multi', [], 'local');
    const infos = await shop.ask(everything, 'local');
    {
      await using _tenon = await startTenon(shop.store);
      expect(await shop.build('(import ./kinds.nix).multi')).toBe(before);
      expect(await shop.ask(everything)).toBe(infos);
      await shop.ask(['nix-build', '--no-out-link', 'kinds.nix']);
    }
    const after = await shop.ask(everything, 'local');
    const paths = new Map<string, unknown>(
      JSON.parse(after).map((info: { path: string }) => [info.path, info]),
    );
    for (const info of JSON.parse(infos)) expect(paths.get(info.path)).toEqual(info);
    const verified = await shop.run(['nix-store', '--verify', '--check-contents'], 'local');
    expect(verified.stderr).not.toContain('error');
    expect(verified.status).toBe(0);
  }, 60_000);

  test('goes back and forth between both daemons', async () => {
    await using shop = createWorkshop(createStockStore(['sandbox = true']));
    for (const round of [0, 1, 2, 3]) {
      const isTenon = round % 2 === 0;
      await using _daemon = await (isTenon ? startTenon(shop.store) : shop.store.startDaemon());
      const built = await shop.build(`import ./chain.nix "both" ${round}`);
      expect(built).toContain(`-link-${round}`);
    }
  }, 60_000);
});
