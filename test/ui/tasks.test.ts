import { describe, expect, test } from '@jest/globals';
import { showTasks, type TaskEvent } from '../../src/ui/tasks.ts';
import { captureOutput } from '../support/captured-output.ts';

async function* events(): AsyncGenerator<TaskEvent, string> {
  yield { group: 'Files', kind: 'start', title: 'Create /etc/x' };
  yield { group: 'Files', kind: 'done', title: 'Create /etc/x' };
  yield { group: 'Service', kind: 'start', title: 'Start tenon\u001b[2J' };
  yield { group: 'Service', kind: 'failed', title: 'Start tenon' };
  yield { group: 'Service', kind: 'note', title: '/etc/x stays' };
  return 'the end';
}

describe('showTasks', () => {
  test('prints a line for each event without a terminal, and gives what the events return', async () => {
    const out = captureOutput();
    expect(await showTasks(out, ['Files', 'Service'], events())).toBe('the end');
    expect(out.stdout()).toBe(
      ['  Create /etc/x', '  Start tenon?[2J', 'x Start tenon', '- /etc/x stays', ''].join('\n'),
    );
  });
});
