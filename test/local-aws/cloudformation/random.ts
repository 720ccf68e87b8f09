/** Identifiers drawn from the environment's seeded source. */

/** `length` characters of `alphabet`. */
export function randomString(random: () => number, length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

/** A version 4 UUID. */
export function randomUuid(random: () => number): string {
  const hex = randomString(random, 31, '0123456789abcdef');
  const variant = randomString(random, 1, '89ab');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}
