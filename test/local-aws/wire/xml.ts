/** Writes values as XML elements, lists as AWS Query writes them (`<member>`). */
export function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${content(value)}</${name}>`;
}

export function escapeXml(value: string): string {
  // a carriage return would be read as a line feed
  return value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/\r/g, '&#xD;');
}

function content(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => element('member', item)).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) return members(value);
  return escapeXml(String(value));
}

/** The members of an object, one element each. */
export function members(value: object): string {
  return Object.entries(value).map(([name, member]) => element(name, member)).join('');
}
