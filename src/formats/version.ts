/** Semantic Versioning 2.0.0, chapter 11: a pre-release comes before its release. */
export function isOlder(a: string, b: string): boolean {
  const [one, other] = [parse(a), parse(b)];
  for (const [index, number] of one.numbers.entries()) {
    const difference = number - (other.numbers[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  if (one.preRelease === '' || other.preRelease === '')
    return one.preRelease !== '' && other.preRelease === '';
  return one.preRelease.localeCompare(other.preRelease, 'en', { numeric: true }) < 0;
}

function parse(version: string) {
  const [release = '', ...preRelease] = version.replace(/\+.*/u, '').split('-');
  return { numbers: release.split('.').map(Number), preRelease: preRelease.join('-') };
}
