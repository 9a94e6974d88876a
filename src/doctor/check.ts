export type CheckGroup = 'sandbox' | 'users' | 'daemon';

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
export interface Fix {
  readonly id: string;
  readonly class: 'A' | 'C' | 'M';
  readonly description: string;
  readonly commands: readonly (readonly string[])[];
  readonly reversible: boolean;
  readonly needsRoot: boolean;
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
  readonly severity: Severity;
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
  judge(context: Context, signal: AbortSignal): Promise<Verdict>;
}

export function defineCheck<Context, Found extends object>(
  definition: CheckDefinition<Context, Found>,
): Check<Context> {
  const { id, group, title, why, severity } = definition;
  return {
    id,
    group,
    title,
    why,
    judge: async (context, signal) => {
      const found = await definition.probe(context, signal);
      if (found === undefined) return { status: 'pass' };
      if (isSkip(found)) return { status: 'skip', reason: found.skip };
      const explanation = definition.explain(found);
      return { status: severity, explanation, fixes: definition.fixes(found) };
    },
  };
}

function isSkip(found: object): found is Skip {
  return 'skip' in found;
}
