import type { fixFiles } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';

/** In the order of the report. */
export const checkGroups = [
  'host',
  'sandbox',
  'users',
  'service',
  'daemon',
  'store',
  'fs',
  'net',
  'mac',
  'env',
  'shell',
  'desktop',
  'gentoo',
  'config',
  'leftovers',
  'install',
  'upgrade',
] as const;

export type CheckGroup = (typeof checkGroups)[number];

/** How bad it is when a check finds something. */
export type Severity = 'hint' | 'warn' | 'error';

/** What was seen, and where. */
export interface Evidence {
  readonly source: string;
  readonly value: string;
}

export interface Explanation {
  readonly summary: string;
  readonly evidence: readonly Evidence[];
  readonly cause: string;
}

/** A: tenon can do it. C: these commands do it. M: somebody has to decide. */
export type Fix = AutomaticFix | ManualFix;

interface FixFacts {
  readonly id: string;
  readonly description: string;
  /** What a person would type. Where tenon can do it, these do the same. */
  readonly commands: readonly (readonly string[])[];
  readonly reversible: boolean;
  readonly needsRoot: boolean;
}

export interface AutomaticFix extends FixFacts {
  readonly class: 'A';
  /** Works on the host that it is given, which may be an image or a test's. Afterwards the check passes. */
  apply(tools: FixTools): Promise<void>;
}

interface ManualFix extends FixFacts {
  readonly class: 'C' | 'M';
}

/** A file that a fix writes. */
interface OwnFile {
  readonly file: (typeof fixFiles)[keyof typeof fixFiles];
  readonly text: string;
  readonly mode: number;
  readonly reason: string;
  /** The init system that reads it and has to be told. */
  readonly readBy?: Init;
}

/** What automatic fixes work with. */
export interface FixTools {
  readonly host: Host;
  readonly signal: AbortSignal;
  /** Writes a file of this program's own, one of `fixFiles`, so that uninstall takes it away again. */
  writeOwn(file: OwnFile): Promise<void>;
  /** Runs this program with other arguments, such as `setup --yes`; throws when it fails. */
  tenon(args: readonly string[]): Promise<void>;
}

/** A check that has nothing to say here. */
export interface Skip {
  readonly skip: string;
}

interface CheckDefinition<Context, Found extends object> {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly why: string;
  /** How bad it is, if need be depending on what was found. */
  readonly severity: Severity | ((found: Found) => Severity);
  /** Only root can see it; for others the check is skipped, with the command that runs it. */
  readonly needsRoot?: boolean;
  /** How long it may take, where that differs from what is usual. */
  readonly timeoutMs?: number;
  /** Undefined when all is well. Looks, and changes nothing. */
  probe(context: Context, signal: AbortSignal): Promise<Found | Skip | undefined>;
  explain(found: Found): Explanation;
  fixes(found: Found): readonly Fix[];
}

export type Verdict =
  | { readonly status: 'pass' }
  | { readonly status: 'skip'; readonly reason: string }
  | {
      readonly status: Severity;
      readonly explanation: Explanation;
      readonly fixes: readonly Fix[];
    };

/** A check, closed over what it finds. */
export interface Check<Context> {
  readonly id: string;
  readonly group: CheckGroup;
  readonly title: string;
  readonly why: string;
  readonly needsRoot: boolean;
  readonly timeoutMs: number | undefined;
  judge(context: Context, signal: AbortSignal): Promise<Verdict>;
}

export function defineCheck<Context, Found extends object>(
  definition: CheckDefinition<Context, Found>,
): Check<Context> {
  const { id, group, title, why, severity, needsRoot = false, timeoutMs } = definition;
  return {
    id,
    group,
    title,
    why,
    needsRoot,
    timeoutMs,
    judge: async (context, signal) => {
      const found = await definition.probe(context, signal);
      if (found === undefined) return { status: 'pass' };
      if (isSkip(found)) return { status: 'skip', reason: found.skip };
      const status = typeof severity === 'function' ? severity(found) : severity;
      return { status, explanation: definition.explain(found), fixes: definition.fixes(found) };
    },
  };
}

function isSkip(found: object): found is Skip {
  return 'skip' in found;
}
