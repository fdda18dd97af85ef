import { ValueError } from '../problem.ts';

/**
 * The fields of a line of comma separated values. A field in double quotes may hold commas, and `""` for a quote.
 *
 * @throws {ValueError} for a quote in the wrong place, and for an empty line.
 */
export function csvFields(line: string): string[] {
  if (line === '') throw new ValueError('it is empty', 'Write type=….');
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const field = line.charAt(at) === '"' ? quotedField(line, at) : plainField(line, at);
    fields.push(field.text);
    if (field.end === line.length) return fields;
    at = field.end + 1;
    if (at === line.length) return [...fields, ''];
  }
}

function plainField(line: string, at: number): { text: string; end: number } {
  const comma = line.indexOf(',', at);
  const end = comma < 0 ? line.length : comma;
  const text = line.slice(at, end);
  if (text.includes('"'))
    throw new ValueError(`${JSON.stringify(text)} contains a double quote`, 'Quote the whole field: "source=a,b".');
  return { text, end };
}

function quotedField(line: string, at: number): { text: string; end: number } {
  const field = /"((?:[^"]|"")*)"(?=,|$)/y;
  field.lastIndex = at;
  const match = field.exec(line);
  if (match === null)
    throw new ValueError(
      `a double quote is not closed in ${JSON.stringify(line.slice(at))}`,
      'Close it; within quotes write it twice ("").',
    );
  return { text: (match[1] ?? '').replaceAll('""', '"'), end: at + match[0].length };
}
