import { expect, test } from '@jest/globals';
import type { Machine } from '../support/machine.ts';
import type { Journey } from './journey.ts';

/** The configuration that somebody with Portage has; `uninstall` has to leave it as it is. */
export async function configurePortage(machine: Machine): Promise<void> {
  const script = `mkdir -p /etc/portage && echo 'USE="x"' >/etc/portage/make.conf`;
  await machine.output(['bash', '-euc', script]);
}

/** What ebuild.sh does with the user's bashrc in the setup phase of a package. */
const phase = `
  export EBUILD_PHASE=setup PF=app-1.0 QT_PLUGIN_PATH=/usr/lib/qt:/nix/store/a-qt/plugins
  bash --norc -c '
    ewarn() { echo "ewarn: $*"; }
    source /etc/portage/bashrc
    echo "QT_PLUGIN_PATH is $QT_PLUGIN_PATH"'`;

export function testEmerge(journey: () => Journey): void {
  test('the hook cleans the environment of a package', async () => {
    const { machine } = journey();
    await machine.output(['tenon', 'env', 'hook', 'install']);
    const said = await machine.output(['bash', '-euc', phase]);
    expect(said).toContain('ewarn: tenon: variables lead to files of a foreign store');
    expect(said).toContain('QT_PLUGIN_PATH is /usr/lib/qt\n');
  });

  test('ENV_UNSET in make.conf has what was found', async () => {
    const { machine } = journey();
    const fix = 'QT_PLUGIN_PATH=/nix/store/a tenon env fix --make-conf';
    await machine.output(['bash', '-euc', fix]);
    const makeConf = await machine.output(['cat', '/etc/portage/make.conf']);
    expect(makeConf).toMatch(/^USE="x"\n[\s\S]*\} QT_PLUGIN_PATH"\n/u);
  });
}
