import { registerHooks } from 'node:module';

/**
 * Has tests run under `node --import THIS_FILE --test` in place of Jest, whose resolver is machine code: what they import
 * from Jest comes from `jest-globals.ts`.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      specifier === '@jest/globals' ? new URL('jest-globals.ts', import.meta.url).href : specifier,
      context,
    ),
});
