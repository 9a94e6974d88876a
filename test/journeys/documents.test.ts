import { expect, test } from '@jest/globals';
import { describeOnCopy, plainHost, runOnCopy, tenonInCopy } from '../support/host-copy.ts';

describeOnCopy('the JSON document of a command', () => {
  test('says under the same names how it ended, where nothing is installed', async () => {
    const commands = ['setup --rollback', 'uninstall', 'upgrade', 'rollback'];
    const script = commands.map(command => `${tenonInCopy} ${command} --json; echo ,`).join('\n');
    const { stdout } = await runOnCopy(plainHost, script);
    const documents = JSON.parse(`[${stdout.replace(/,\s*$/u, ']')}`);
    expect(documents).toEqual([
      expect.objectContaining({ schemaVersion: 1, result: 'nothing-unfinished', exitCode: 0 }),
      expect.objectContaining({ schemaVersion: 1, result: 'nothing-installed', exitCode: 0 }),
      expect.objectContaining({ schemaVersion: 1, result: 'checked', exitCode: 3 }),
      expect.objectContaining({ schemaVersion: 1, result: 'no-backup', exitCode: 3 }),
    ]);
  });
});
