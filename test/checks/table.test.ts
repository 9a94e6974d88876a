import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checks } from '../../checks/index.ts';
import { checkGroups } from '../../src/doctor/check.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The rows of the README's table, as `--list` has them: `fs.inodes` and its title. */
const rows = [...read('README.md').matchAll(/^\| `([a-z]+\.[\w.-]+)` +\| (.*?) +\|$/gmu)].map(
  ([, id, title]) => ({ id, title }),
);

const tests = ['test/checks', 'test/journeys']
  .flatMap(folder => readdirSync(join(root, folder)).map(name => join(folder, name)))
  .filter(path => path.endsWith('.test.ts') && !path.endsWith('table.test.ts'));

describe('the table of checks', () => {
  test('in the README names every check with its title, in the order of the report', () => {
    expect(rows).toEqual(checks.map(({ id, title }) => ({ id, title })));
  });

  test('has no id twice, and keeps groups together in their order', () => {
    const ids = checks.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const groups = checks.map(({ group }) => checkGroups.indexOf(group));
    expect(groups).toEqual(groups.toSorted((a, b) => a - b));
  });

  test.each(checks.map(({ id }) => ({ id })))('$id has a file and a test of its name', ({ id }) => {
    expect(existsSync(join(root, 'checks', `${id.replaceAll('.', '-')}.ts`))).toBe(true);
    expect(tests.some(path => read(path).includes(id))).toBe(true);
  });

  test('explains each check in sentences', () => {
    const odd = checks.filter(
      ({ title, why }) => title.endsWith('.') || !/^[A-Z].*\.$/su.test(why),
    );
    expect(odd.map(({ id }) => id)).toEqual([]);
  });
});
