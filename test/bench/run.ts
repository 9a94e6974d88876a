import { commandScenarios } from './commands.ts';
import { type Contender, type Name, startContender } from './contender.ts';
import { hookScenarios } from './hook.ts';
import { memoryScenarios } from './memory.ts';
import { type Scenario, scenarios } from './scenarios.ts';

/**
 * Compares tenon with the stock daemon of this machine: in one run, in turn, each on a fresh store on tmpfs. Prints
 * medians and ratios; the exit code is 1 when a bar is not met. Commands are compared with Node itself, or with a clock. Arguments choose scenarios by a part of their name.
 */
const ROUNDS = 3;
const NAMES: readonly Name[] = ['stock', 'tenon'];

const [tmpfs = '', ...wanted] = process.argv.slice(2);
const isWanted = ({ name }: { readonly name: string }) =>
  wanted.length === 0 || wanted.some(part => name.includes(part));
let missed = 0;
for (const { name, bar, measure } of [...commandScenarios, ...hookScenarios].filter(isWanted)) {
  const { figures, value } = measure();
  if (value > bar) missed += 1;
  const verdict = `${value.toFixed(2)}  bar ${bar}  ${value > bar ? 'MISSED' : 'met'}`;
  process.stdout.write(`${name.padEnd(48)} ${figures}  ${verdict}\n`);
}
for (const scenario of [...scenarios, ...memoryScenarios].filter(isWanted)) {
  const { stock, tenon } = await compare(scenario);
  const ratio = scenario.better === 'more' ? tenon / stock : stock / tenon;
  const met = ratio >= scenario.bar;
  if (!met) missed += 1;
  const figures = `stock ${figure(stock)}${scenario.unit}  tenon ${figure(tenon)}${scenario.unit}`;
  const verdict = `${ratio.toFixed(2)}x  bar ${scenario.bar}x  ${met ? 'met' : 'MISSED'}`;
  process.stdout.write(`${scenario.name.padEnd(48)} ${figures}  ${verdict}\n`);
}
process.exitCode = missed > 0 ? 1 : 0;

async function compare(scenario: Scenario): Promise<Readonly<Record<Name, number>>> {
  const results: Record<Name, number[]> = { stock: [], tenon: [] };
  for (let round = 0; round < ROUNDS; round++)
    for (const name of NAMES) {
      await using daemon: Contender = await startContender(name, tmpfs);
      results[name].push(await scenario.measure(daemon));
    }
  return { stock: median(results.stock), tenon: median(results.tenon) };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
