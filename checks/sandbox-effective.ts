import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, SandboxSetting } from '../src/doctor/context.ts';

export const sandboxEffective = defineCheck<CheckContext, SandboxSetting>({
  id: 'sandbox.effective',
  group: 'sandbox',
  title: 'every build runs in a sandbox',
  why: 'Without a sandbox a build sees the host: it may take files and programs from it that no other machine has, and it may change what its user can write to. Only an administrator can turn the sandbox off.',
  severity: 'warn',

  probe: async ({ sandbox }) => (sandbox.value === 'true' ? undefined : sandbox),

  explain: ({ file, value }) => ({
    summary:
      value === 'false'
        ? 'builds run without a sandbox'
        : 'builds may ask to run without a sandbox',
    evidence: [{ source: file, value: `sandbox = ${value}` }],
    cause: 'an administrator wrote it there',
  }),

  fixes: ({ file }) => [
    {
      id: 'sandbox-on',
      class: 'M',
      description: `take the line out of ${file}, or write "sandbox = true"`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
