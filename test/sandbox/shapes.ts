/** The differences in shape of two JSON values: names and types, not values. Null matches anything. */
export function differences(recorded: unknown, ours: unknown, path = ''): readonly string[] {
  if (recorded === null || ours === null) return [];
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    if (recorded.length === 0 || ours.length === 0) return [];
    return differences(recorded[0], ours[0], `${path}[]`);
  }
  if (isRecord(recorded) && isRecord(ours)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(ours)]);
    return [...names].flatMap((name) => {
      if (!(name in ours)) return [`${path}.${name} is missing`];
      if (!(name in recorded)) return [`${path}.${name} is not in the recorded response`];
      return differences(recorded[name], ours[name], `${path}.${name}`);
    });
  }
  const kind = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);
  return kind(recorded) === kind(ours) ? [] : [`${path} is a ${kind(ours)}, not a ${kind(recorded)}`];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
