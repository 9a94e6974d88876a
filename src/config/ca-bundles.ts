/** Where builds see certificates, and most distributions have them. */
export const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** Where distributions have them, in the order in which they are looked for. */
export const caBundles: readonly string[] = [
  CA_BUNDLE,
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
