import { expect, test } from '@jest/globals';
import { asStock, asUser, bringWork, type Journey, runAsUser, testStep } from './journey.ts';

export function testBuilds(journey: () => Journey): void {
  testStep(journey, 'an ordinary user builds what depends on each other', async ({ machine }) => {
    await bringWork(machine);
    const built = await asUser(machine, 'nix-build default.nix --attr all');
    expect(built).toMatch(/^\/nix\/store\/[0-9a-z]{32}-all\n$/);
    const said = await asUser(machine, './result/*-program/bin/program');
    expect(said).toMatch(/^hello\nfrom\na\nbuild\n\/nix\/store\/.*-program\n$/);
  });

  test('a build runs in a sandbox, as a build user', async () => {
    const { machine } = journey();
    await asUser(machine, 'nix-build probe.nix --out-link probe');
    const seen = async (name: string) => (await asUser(machine, `cat probe/${name}`)).trim();
    expect(await seen('pid')).toBe('1');
    expect(await seen('interfaces')).toBe('lo');
    const [inside, outside, count] = (await seen('uid_map')).split(/\s+/);
    expect([inside, count]).toEqual(['1000', '1']);
    expect(await machine.output(['getent', 'passwd', `${outside}`])).toMatch(/^nixbld\d+:/);
  });

  test('a build that fails says why and leaves nothing valid', async () => {
    const { machine } = journey();
    const outcome = await runAsUser(machine, 'nix-build failing.nix');
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('the last words') });
    const outputs = 'nix-store --query --outputs $(nix-instantiate failing.nix)';
    const output = (await asUser(machine, outputs)).trim();
    const said = await runAsUser(machine, `nix-store --check-validity ${output}`);
    expect(said.stderr).toContain('is not valid');
  });

  test('stock Nix builds the same paths with the same contents', async () => {
    const { machine } = journey();
    const stock = '--store /root/stock';
    const command = `nix-build ${stock} default.nix --attr all --no-out-link`;
    const built = (await asStock(machine, command)).trim();
    const hashes = 'nix path-info --recursive --json';
    const byStock = await asStock(machine, `${hashes} ${stock} ${built}`);
    await machine.output(['rm', '-rf', '/root/stock']);
    expect(contentsOf(await asUser(machine, `${hashes} ./result`))).toEqual(contentsOf(byStock));
  });
}

interface PathInfo {
  readonly path: string;
  readonly narHash: string;
  readonly references: readonly string[];
}

/** The part of `nix path-info --json` that does not depend on when and by whom a path was made. */
function contentsOf(json: string): readonly PathInfo[] {
  const infos: readonly PathInfo[] = JSON.parse(json);
  return infos.map(({ path, narHash, references }) => ({ path, narHash, references }));
}
