import { type Environment, storeLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import { type Culprit, findCulprit } from './culprit.ts';
import { variablesOf } from './environment.ts';
import { type Finding, findPoison, type Rules, type Scope, type Source } from './findings.ts';
import { type ForeignPlaces, foreignPlaces } from './foreign.ts';
import { followLinks } from './links.ts';
import type { PortageFacts } from './portage.ts';
import { readLogin, readWaysToRoot } from './read-logins.ts';
import { readPortage } from './read-portage.ts';
import { readAncestors, readProcess } from './read-processes.ts';
import { readStaticFiles } from './static-files.ts';

export interface Questions {
  readonly pid?: number | undefined;
  readonly login?: string | undefined;
  readonly root?: boolean | undefined;
  readonly scope: Scope;
}

/** The process that asks. */
export interface Asker {
  readonly pid: number;
  readonly uid: number;
  readonly env: Environment;
  readonly signal: AbortSignal;
}

export interface ReportedFinding extends Finding {
  readonly culprit: Culprit | null;
}

export interface EnvironmentReport {
  readonly portage: PortageFacts;
  readonly sources: readonly string[];
  readonly findings: readonly ReportedFinding[];
  /** What could not be looked at, and why. */
  readonly remarks: readonly string[];
}

interface TracedSource extends Source {
  /** The process whose variables these are; undefined for files and logins. */
  readonly pid?: number;
}

interface Looked {
  readonly sources: readonly TracedSource[];
  readonly remarks: readonly string[];
}

/** Looks at the environments that are asked for, and at the files that set variables for everybody. */
export async function checkEnvironment(
  host: Host,
  asker: Asker,
  questions: Questions,
): Promise<EnvironmentReport> {
  const [asked, files, portage] = await Promise.all([
    readSources(host, asker, questions),
    readStaticFiles(host, asker.env.HOME),
    readPortage(host, asker.signal),
  ]);
  const sources: readonly TracedSource[] = [...asked.sources, ...files.sources];
  const links = await followLinks(
    host,
    sources.map(({ variables }) => variables),
  );
  const places = foreignPlaces(storeLayout(asker.env));
  const rules: Rules = { places, links: links.targets, portage, scope: questions.scope };
  const findings = await Promise.all(sources.map(source => trace(host, source, rules)));
  const leftOut =
    links.leftOut === 0
      ? []
      : [`${links.leftOut} paths are too many: their links were not followed`];
  const isAskedFor = portage.isPresent || questions.scope === 'emerge';
  const portageRemarks = isAskedFor ? portage.remarks : [];
  return {
    portage,
    sources: sources.map(({ name }) => name),
    findings: findings.flat(),
    remarks: [...asked.remarks, ...files.remarks, ...portageRemarks, ...leftOut],
  };
}

async function readSources(host: Host, asker: Asker, questions: Questions): Promise<Looked> {
  const { pid, login, root = false } = questions;
  const caller = { uid: asker.uid, variables: variablesOf(asker.env), signal: asker.signal };
  const isAskedForOthers = pid !== undefined || login !== undefined || root;
  const own: TracedSource = {
    name: 'own environment',
    audience: 'session',
    variables: caller.variables,
    pid: asker.pid,
  };
  const ways = root ? await readWaysToRoot(host, caller) : { sources: [], skipped: [] };
  return {
    sources: [
      ...(isAskedForOthers ? [] : [own]),
      ...(pid === undefined ? [] : [await processSource(host, pid)]),
      ...(login === undefined ? [] : [await readLogin(host, login, caller)]),
      ...ways.sources,
    ],
    remarks: ways.skipped,
  };
}

async function processSource(host: Host, pid: number): Promise<TracedSource> {
  return { name: `pid ${pid}`, audience: 'session', variables: await readProcess(host, pid), pid };
}

/** Findings with who is to blame, where one process brought them in */
async function trace(
  host: Host,
  source: TracedSource,
  rules: Rules,
): Promise<readonly ReportedFinding[]> {
  const findings = findPoison(source, rules);
  if (findings.length === 0 || source.pid === undefined)
    return findings.map(finding => ({ ...finding, culprit: null }));
  const chain = await readAncestors(host, source.pid);
  return findings.map(finding => ({ ...finding, culprit: blame(chain, finding, rules.places) }));
}

function blame(
  chain: Parameters<typeof findCulprit>[0],
  { variable, parts }: Finding,
  places: ForeignPlaces,
): Culprit | null {
  const texts = parts.map(({ text }) => text);
  return findCulprit(chain, variable, texts, places) ?? null;
}
