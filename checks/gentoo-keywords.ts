import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { readPortageFiles, readRepositories, unlessGentoo } from '../src/doctor/gentoo.ts';

type Host = CheckContext['host'];

const OVERLAY = 'tenon';
const KEYWORDS = '/etc/portage/package.accept_keywords';
const ENTRY = `*/*::${OVERLAY}`;
const COMMENT = '# The testing keyword, for all packages of this overlay and no other.';
const READABLE = 0o644;

export const gentooKeywords = defineCheck<CheckContext, { accepts: string }>({
  id: 'gentoo.keywords',
  group: 'gentoo',
  title: 'Portage may install from the overlay',
  why: 'The packages of the overlay have testing keywords. On a stable system Portage masks them, and emerge says that it cannot satisfy sys-apps/tenon.',
  severity: 'hint',

  async probe({ host }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const repositories = await readRepositories(host);
    if (!repositories.some(({ name }) => name === OVERLAY))
      return { skip: `there is no overlay ${OVERLAY}` };
    if (await hasEntry(host)) return undefined;
    const accepts = await acceptedKeywords(host);
    return /(?:^|\s)(?:~\S+|\*\*)/u.test(accepts) ? undefined : { accepts };
  },

  explain: ({ accepts }) => ({
    summary: `packages of the overlay ${OVERLAY} are masked`,
    evidence: [
      { source: KEYWORDS, value: `nothing for ${ENTRY} or sys-apps/${OVERLAY}` },
      { source: '/etc/portage/make.conf', value: `ACCEPT_KEYWORDS is "${accepts}"` },
    ],
    cause: 'this is a stable system, and nobody accepted the testing keyword for the overlay',
  }),

  fixes: () => [
    {
      id: 'accept-keywords',
      class: 'A',
      description: `accept the testing keyword for the overlay in ${KEYWORDS}`,
      commands: [['tenon', 'doctor', '--fix', 'gentoo.keywords']],
      reversible: true,
      needsRoot: true,
      apply: ({ host }) => accept(host),
    },
  ],
});

async function hasEntry(host: Host): Promise<boolean> {
  const files = await Promise.all(
    [KEYWORDS, '/etc/portage/package.keywords'].map(path => readPortageFiles(host, path)),
  );
  const atoms = files
    .flat()
    .flatMap(({ text }) => text.split('\n').map(line => line.trim().split(/\s+/u)[0]));
  return atoms.some(
    atom =>
      atom?.endsWith(`::${OVERLAY}`) || /^[<>=~]*sys-apps\/tenon(?:-\d.*)?$/u.test(atom ?? ''),
  );
}

async function acceptedKeywords(host: Host): Promise<string> {
  const files = await readPortageFiles(host, '/etc/portage/make.conf');
  const values = files.flatMap(({ text }) =>
    Array.from(
      text.matchAll(/^\s*(?:export\s+)?ACCEPT_KEYWORDS=["']?([^"'#\n]*)/gmu),
      ([, value]) => value,
    ),
  );
  return values.at(-1)?.trim() ?? '';
}

/** Both a file and a folder are usual; what is missing becomes a folder, as in the handbook. */
async function accept(host: Host): Promise<void> {
  const facts = await host.look(KEYWORDS);
  if (facts?.kind === 'file') {
    const text = (await host.readText(KEYWORDS)) ?? '';
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    await host.writeText(KEYWORDS, `${text}${gap}${COMMENT}\n${ENTRY}\n`, facts.mode);
    return;
  }
  await host.ensureDirectory(KEYWORDS);
  await host.writeText(`${KEYWORDS}/${OVERLAY}`, `${COMMENT}\n${ENTRY}\n`, READABLE);
}
