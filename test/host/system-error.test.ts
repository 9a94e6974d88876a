import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from '@jest/globals';
import { TenonError } from '../../src/base/errors.ts';
import { explained, named } from '../../src/host/system-error.ts';

const attempt = { what: "add 'x'", place: '/nix/store' };
const refusal = (code: string, facts: object = {}) =>
  Object.assign(new Error(code), { code, syscall: 'write', ...facts });

function failureOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('explained', () => {
  test.each([
    { code: 'ENOSPC', reason: 'no space left on its file system', hint: 'df -i /nix/store' },
    { code: 'EDQUOT', reason: 'the quota on its file system is used up', hint: 'df -h /nix/store' },
    { code: 'EROFS', reason: 'its file system is read-only', hint: 'findmnt -T /nix/store' },
    { code: 'EACCES', reason: 'permission denied', hint: 'ls -ld /nix/store' },
    { code: 'EMFILE', reason: 'too many files are open', hint: 'LimitNOFILE' },
  ])('says what $code means, and what to do', ({ code, reason, hint }) => {
    expect(explained(refusal(code), attempt)).toMatchObject({
      code: 'host/refused',
      message: `Cannot add 'x': write below "/nix/store": ${reason} (${code})`,
      hint: expect.stringContaining(hint),
    });
  });

  test('names the path of the system, and advises on where that lies', () => {
    const error = refusal('ENOSPC', { syscall: 'mkdir', path: '/var/log/nix/drvs' });
    expect(explained(error, attempt)).toMatchObject({
      message: expect.stringContaining('mkdir "/var/log/nix/drvs": no space left'),
      hint: expect.stringContaining('"df -h /var/log/nix"'),
    });
  });

  test('passes on a code that it knows nothing about', () => {
    const error = failureOf(() => statSync('/nowhere'));
    expect(explained(error, attempt)).toMatchObject({
      message: `Cannot add 'x': stat "/nowhere": ENOENT`,
      hint: undefined,
      cause: error,
    });
  });

  test('understands what the system refused to the database', () => {
    const db = new DatabaseSync(':memory:');
    db.exec('pragma max_page_count = 2; create table T (x)');
    const fill = () => db.exec(`insert into T values (zeroblob(100000))`);
    const error = named(failureOf(fill), '/nix/var/nix/db/db.sqlite');
    expect(explained(error, attempt)).toMatchObject({
      message: expect.stringContaining('"/nix/var/nix/db/db.sqlite": no space left'),
    });
    db.close();
  });

  test.each([
    { what: 'an error of ours', error: new TenonError('a/b', 'c') },
    { what: 'a bug', error: new TypeError('x is not a function') },
    { what: 'an error of Node', error: Object.assign(new Error(''), { code: 'ERR_INVALID_ARG' }) },
    {
      what: 'another error of the database',
      error: failureOf(() => new DatabaseSync(':memory:').exec('x')),
    },
    { what: 'no error', error: undefined },
  ])('gives back $what', ({ error }) => {
    expect(explained(error, attempt)).toBe(error);
  });
});

describe('named', () => {
  test('keeps the path that the system named', () => {
    const error = failureOf(() => statSync('/nowhere'));
    expect(named(error, '/elsewhere')).toMatchObject({ path: '/nowhere' });
  });
});
