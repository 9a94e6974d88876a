import { hostname, release } from 'node:os';
import { resolve } from 'node:path';
import { readKernelFacts } from '../doctor/kernel-facts.ts';
import { redact } from '../doctor/redact.ts';
import type { Report } from '../doctor/report.ts';
import type { Host } from '../host/host.ts';
import { currentIds } from '../host/store-files.ts';
import { unwritableReport } from './errors.ts';

/** Only its owner may read it until somebody has looked through it. */
const PRIVATE = 0o600;
/** As login.defs(5) has them everywhere. */
const LEAST_PERSON_UID = 1000;
const MOST_PERSON_UID = 60_000;

/** Writes the report with what the kernel says about itself, without names and secrets. */
export async function writeReportFile(host: Host, report: Report, file: string): Promise<void> {
  const kernel = { release: release(), ...(await readKernelFacts(host, currentIds().uid)) };
  const { users } = await host.readAccounts({ users: [], groups: [] });
  const people = users.filter(({ uid }) => uid >= LEAST_PERSON_UID && uid <= MOST_PERSON_UID);
  const secrets = { hostName: hostname(), userNames: people.map(({ name }) => name) };
  const text = JSON.stringify(redact({ report, kernel }, secrets), null, 2);
  try {
    await host.writeText(resolve(file), `${inAscii(text)}\n`, PRIVATE);
  } catch (error) {
    throw unwritableReport(file, error);
  }
}

/** The host writes a char code as one byte, and JSON can say everything in ASCII. */
function inAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, unit => {
    const digits = unit.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${digits}`;
  });
}
