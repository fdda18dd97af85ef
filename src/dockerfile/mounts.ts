import type { Instruction } from './instruction.ts';

/** A `RUN --mount=…`. */
export interface Mount {
  readonly type: string;
  readonly from?: string;
  readonly source?: string;
}

/** The mounts of a RUN; none for any other instruction. */
export function mountsOf(instruction: Instruction): Mount[] {
  if (instruction.keyword !== 'RUN') return [];
  return instruction.flags.filter((flag) => flag.name === 'mount').map((flag) => parseMount(flag.value));
}

function parseMount(value: string): Mount {
  const fields = new Map(
    value.split(',').map((field) => {
      const [key = '', ...rest] = field.split('=');
      return [key.trim().toLowerCase(), rest.join('=')] as const;
    }),
  );
  const from = fields.get('from');
  const source = fields.get('source') ?? fields.get('src');
  return {
    type: fields.get('type') ?? 'bind',
    ...(from === undefined || from === '' ? {} : { from }),
    ...(source === undefined ? {} : { source }),
  };
}
