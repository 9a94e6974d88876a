import { expect, test } from '@jest/globals';
import { asStock, asUser, type Journey } from './journey.ts';

const deriver = '$(nix-store --query --deriver ./result)';
const closure = '$(nix-store --query --requisites ./result)';

const questions = [
  'nix-store --query --references ./result',
  'nix-store --query --referrers ./result/*-program',
  'nix-store --query --referrers-closure ./result/*-program',
  'nix-store --query --requisites ./result',
  `nix-store --query --requisites --include-outputs ${deriver}`,
  'nix-store --query --deriver ./result',
  `nix-store --query --outputs ${deriver}`,
  `nix-store --query --binding builder ${deriver}`,
  `nix-store --query --hash ${closure}`,
  `nix-store --query --size ${closure}`,
  'nix-store --query --tree ./result',
  `nix-store --query --graph ${deriver}`,
  'nix-store --dump ./result | sha256sum',
  `nix-store --export ${closure} | sha256sum`,
  'nix-store --read-log $(nix-store --query --requisites ./result | grep greeting)',
  'nix-store --verify --check-contents 2>&1',
  'nix path-info --recursive --size --closure-size ./result',
  'nix path-info --recursive --json ./result',
  'nix log $(nix-store --query --requisites ./result | grep greeting)',
];

/** What stock Nix says of the store as root, without a daemon, is what a user hears through tenon's. */
export function testQueries(journey: () => Journey): void {
  test.each(questions)('%s says the same to a user as to stock Nix', async question => {
    const { machine } = journey();
    const stock = await asStock(machine, question);
    expect(stock).not.toBe('');
    expect(await asUser(machine, question)).toBe(stock);
  });
}
