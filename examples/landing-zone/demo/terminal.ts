/**
 * Text for a terminal, or for a file: colours and the moving line appear only where somebody looks on.
 */

const colourful = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
const WIDTH = 100;

const paint = (code: number) => (text: string) => colourful ? `\x1b[${code}m${text}\x1b[0m` : text;

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
export const cyan = paint(36);

export function rule(): string {
  return dim('─'.repeat(WIDTH));
}

/** Breaks a text into lines, all with the same indentation. */
export function wrapped(text: string, indentation: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > WIDTH - indentation) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.map((line) => ' '.repeat(indentation) + line).join('\n');
}

export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** Shows the newest line of a long output in place, and nothing at all in a file. */
export function showProgress(output: string): void {
  const line = output.trimEnd().split('\n').at(-1)?.trim();
  if (process.stdout.isTTY && line) process.stdout.write(`\r\x1b[K    ${dim(shortened(line, WIDTH - 4))}`);
}

export function endProgress(): void {
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
}
