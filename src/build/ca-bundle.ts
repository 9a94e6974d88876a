import { CA_BUNDLE, caBundles } from '../config/ca-bundles.ts';
import { exists } from '../host/store-files.ts';

/** Where this host has its certificates: the file that nix.conf names, or the first that distributions use. */
export function findCaBundle(sslCertFile: string | undefined): string {
  return sslCertFile ?? caBundles.find(exists) ?? CA_BUNDLE;
}
