import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import {
  hasStorePackage,
  type Repository,
  readRepositories,
  unlessGentoo,
} from '../src/doctor/gentoo.ts';

type Host = CheckContext['host'];

interface Found {
  readonly repository: Repository;
  readonly flaw: string;
  readonly evidence: string;
}

/** An overlay for a store daemon moves every few weeks; one that has not for so long has another home by now. */
const STALE_DAYS = 180;
const DAY_MS = 86_400_000;

export const gentooOverlaySource = defineCheck<CheckContext, Found>({
  id: 'gentoo.overlay-source',
  group: 'gentoo',
  title: 'the overlay for the store daemon is there and alive',
  why: 'A clone of a mirror that nobody updates any more syncs without an error, and offers an old version with dependencies that are gone. An entry whose folder is missing makes every emerge print an error.',
  severity: 'warn',

  async probe({ host, nowMs }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const repositories = (await readRepositories(host)).filter(({ name }) => name !== 'gentoo');
    for (const repository of repositories) {
      const found = await findFlaw(host, repository, nowMs);
      if (found !== undefined) return { repository, ...found };
    }
    return undefined;
  },

  explain: ({ repository: { name, file }, flaw, evidence }) => ({
    summary: `the overlay ${name} ${flaw}`,
    evidence: [{ source: `${file}, [${name}]`, value: evidence }],
    cause: 'it was removed or moved, and its entry stayed',
  }),

  fixes: ({ repository: { name, file } }) => [
    {
      id: 'overlay-source',
      class: 'C',
      description: `bring it up to date; if that changes nothing, correct or remove [${name}] in ${file}`,
      commands: [['emaint', 'sync', '--repo', name]],
      reversible: true,
      needsRoot: true,
    },
  ],
});

type Flaw = Omit<Found, 'repository'>;

async function findFlaw(
  host: Host,
  repository: Repository,
  nowMs: number,
): Promise<Flaw | undefined> {
  const { name, location = '', syncUri } = repository;
  if ((await host.list(`${location}/.`)).length === 0)
    return { flaw: 'has no files', evidence: `location = ${location || 'nothing'}` };
  if (!(await hasStorePackage(host, repository))) return undefined;
  const own = (await host.readText(`${location}/profiles/repo_name`))?.trim();
  if (own !== undefined && own !== name)
    return { flaw: `calls itself ${own}`, evidence: `${location}/profiles/repo_name: ${own}` };
  const movedMs = await lastMove(host, location);
  if (movedMs === undefined || nowMs - movedMs < STALE_DAYS * DAY_MS) return undefined;
  const days = Math.floor((nowMs - movedMs) / DAY_MS);
  return { flaw: `has not changed for ${days} days`, evidence: `sync-uri = ${syncUri ?? 'none'}` };
}

/** When git last moved its HEAD; a sync that brings nothing does not. */
async function lastMove(host: Host, location: string): Promise<number | undefined> {
  const log = await host.readText(`${location}/.git/logs/HEAD`).catch(() => undefined);
  const seconds = /> (\d+) [+-]\d{4}\b/u.exec(log?.trimEnd().split('\n').at(-1) ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
