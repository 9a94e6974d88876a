import type { Variables } from './environment.ts';
import { type ForeignPart, type ForeignPlaces, foreignParts } from './foreign.ts';
import { type Fate, fateOf, isFeltByEmerge, type PortageFacts } from './portage.ts';
import {
  classes,
  classOf,
  isOfTheShell,
  isReadByStoreProgramsOnly,
  type Severity,
  type VariableClass,
} from './variables.ts';

/** Who reads the variables of a source. */
export type Audience = 'session' | 'everything' | 'loader';

/** A place that variables come from. */
export interface Source {
  /** `own environment`, `pid 42`, `login alice`, or a file. */
  readonly name: string;
  /**
   * `session`: a process and its children, emerge among them. `everything`: /etc/env.d, which Portage and OpenRC read
   * themselves. `loader`: /etc/ld.so.preload, which nothing can filter.
   */
  readonly audience: Audience;
  readonly variables: Variables;
}

export type Scope = 'emerge' | 'host' | 'any';

/** A variable that leads to foreign files, and what that means. */
export interface Finding {
  readonly id: string;
  readonly variable: string;
  readonly source: string;
  readonly class: VariableClass;
  readonly severity: Severity;
  readonly parts: readonly ForeignPart[];
  readonly fate: Fate;
  /** Acts on emerge itself, before any phase that could be protected. */
  readonly isFeltByEmerge: boolean;
}

export interface Rules {
  readonly places: ForeignPlaces;
  readonly links: ReadonlyMap<string, string>;
  readonly portage: PortageFacts;
  readonly scope: Scope;
}

/** What is foreign in `source`, in its order. */
export function findPoison(source: Source, rules: Rules): readonly Finding[] {
  return [...source.variables].flatMap(([variable, value]) => {
    if (isOfTheShell(variable)) return [];
    const parts = foreignParts(value, rules.places, rules.links);
    return parts.length === 0 ? [] : [describe(source, { variable, value, parts }, rules)];
  });
}

interface Foreign {
  readonly variable: string;
  readonly value: string;
  readonly parts: readonly ForeignPart[];
}

function describe(source: Source, foreign: Foreign, { portage, scope }: Rules): Finding {
  const { variable, parts } = foreign;
  const fate = fateIn(source, variable, portage);
  const kind = classOf(variable);
  const isFelt = source.audience === 'loader' || isFeltByEmerge(variable);
  const isStopped = !isFelt && (fate === 'filtered' || fate === 'unset' || fate === 'replaced');
  const concernsEmerge = scope === 'emerge' || (scope === 'any' && portage.isPresent);
  const isWanted = source.audience === 'session' && isProfileOnPath(kind, parts);
  const isInfo =
    (isWanted && !concernsEmerge) ||
    (isStopped && (scope === 'emerge' || (scope === 'any' && kind === 'data'))) ||
    (isReadByStoreProgramsOnly(variable) && !concernsEmerge);
  const severity = isInfo ? 'hint' : ownSeverity(source, foreign);
  return {
    id: `env.poison.${variable}`,
    variable,
    source: source.name,
    class: kind,
    severity,
    parts,
    fate,
    isFeltByEmerge: isFelt,
  };
}

/** Portage reads /etc/profile.env itself: a PATH there is the one that phases get. */
function fateIn({ audience, variables }: Source, variable: string, portage: PortageFacts): Fate {
  if (audience === 'loader') return 'reaches';
  const fate = fateOf(variable, portage, variables);
  return audience === 'everything' && variable === 'PATH' ? 'reaches' : fate;
}

const WORST: Severity = 'error';

function ownSeverity({ audience }: Source, { variable, value, parts }: Foreign): Severity {
  const { severity } = classes[classOf(variable)];
  if (audience === 'loader') return WORST;
  if (classOf(variable) !== 'programs') return severity;
  if (audience === 'everything') return WORST;
  return shadowsHost(value, parts) ? severity : 'hint';
}

/** Login shells are meant to find the programs of profiles first: see shell.path-order. */
function isProfileOnPath(kind: VariableClass, parts: readonly ForeignPart[]): boolean {
  return kind === 'programs' && parts.every(({ via }) => via === 'profile');
}

const HOST_PROGRAMS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** A profile behind the host's own folders adds programs; one before them replaces programs. */
function shadowsHost(value: string, parts: readonly ForeignPart[]): boolean {
  const folders = value.split(':');
  const firstOfHost = folders.findIndex(folder => HOST_PROGRAMS.includes(folder));
  const foreign = new Set(parts.map(({ text }) => text));
  const firstForeign = folders.findIndex(folder => foreign.has(folder));
  return firstOfHost === -1 || firstForeign < firstOfHost;
}

const RANKS: readonly Severity[] = ['hint', 'warn', 'error'];

export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return RANKS.indexOf(severity) >= RANKS.indexOf(threshold);
}
