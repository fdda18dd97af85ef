/**
 * A model of how a release is made, explored in every interleaving. It has one public tag and two runs, each of which wants to
 * release its own image; each may be slow at any step, die at any step, lose the response to a move or have it refused. At the end
 * a third run settles what is left.
 *
 * It covers the lock, the end that is decided once, the moves, the undo, and the correction of late moves. It does not cover
 * several services (their tags move independently under one end), a registry without create-or-409, or moves by hand.
 */
import { expect, test } from 'vitest';

type Image = 'old' | 'a' | 'b';

interface Rec {
  readonly before: Image;
  readonly to: Image;
  readonly end: 'open' | 'done' | 'undone';
  readonly void: boolean;
}

/** A step of a run. Each step reads or writes the registry once. */
type Step =
  | 'look'
  | 'lock'
  | 'check'
  | 'move'
  | 'after'
  | 'end'
  | 'verify'
  | 'end-undone'
  | 'back'
  | 'look-back'
  | 'void'
  | 'history'
  | 'reread'
  | 'rewrite'
  | 'released'
  | 'stopped'
  | 'dead';

interface Run {
  readonly step: Step;
  readonly wants: Image;
  /** The number of the record that it carries out, from 1. */
  readonly number: number;
  readonly isOwn: boolean;
  readonly before: Image;
  /** Corrections: what it has written, what to write, and where to go on. */
  readonly last: Image;
  readonly target: Image;
  readonly resume: Step;
  /** It has written a tag, and not looked since. */
  readonly unchecked: boolean;
}

interface State {
  readonly tag: Image;
  readonly records: readonly Rec[];
  readonly runs: readonly Run[];
  readonly faults: number;
  /** A run died between a write of the tag and the look that follows it. */
  readonly diedUnchecked: boolean;
}

const MOST_FAULTS = 2;
const OVER: ReadonlySet<Step> = new Set(['released', 'stopped', 'dead']);

function currentOf({ records }: State, fallback: Image): Image {
  return records.findLast(({ end }) => end === 'done')?.to ?? fallback;
}

function isSettled(record: Rec | undefined): boolean {
  return record === undefined || record.end === 'done' || (record.end === 'undone' && record.void);
}

/** The states that a step of one run can lead to. */
function* stepsOf(state: State, index: number): Generator<State> {
  const run = state.runs[index];
  if (run === undefined || OVER.has(run.step)) return;
  const at = (update: Partial<Run>, world: Partial<State> = {}): State => ({
    ...state,
    ...world,
    runs: state.runs.map((each, other) => (other === index ? { ...each, ...update } : each)),
  });
  const withRecord = (update: Partial<Rec>) => ({
    records: state.records.map((each, other) => (other === run.number - 1 ? { ...each, ...update } : each)),
  });
  const record = state.records[run.number - 1];
  const latest = state.records.at(-1);
  const canFail = state.faults < MOST_FAULTS;
  const fault = { faults: state.faults + 1 };
  const overtaken = { step: 'history' as const, last: record?.to ?? 'old', resume: 'stopped' as const };
  const ends = (): Step => (run.isOwn ? 'released' : 'look');

  if (canFail) {
    yield at({ step: 'dead' }, { ...fault, diedUnchecked: state.diedUnchecked || run.unchecked });
  }
  switch (run.step) {
    case 'look': {
      if (latest === undefined || isSettled(latest)) {
        const current = currentOf(state, 'old');
        // Somebody has moved the tag by hand, or late.
        if (state.tag !== current) yield at({ step: 'stopped' });
        else if (run.wants === 'old') yield at({ step: 'released' });
        else yield at({ step: 'lock', before: current, number: state.records.length + 1 });
      } else {
        const number = state.records.length;
        yield at({ step: latest.end === 'undone' ? 'back' : 'check', number, isOwn: false, before: latest.before });
      }
      return;
    }
    case 'lock': {
      if (state.records.length >= run.number) yield at({ step: 'look' });
      else {
        const made: Rec = { before: run.before, to: run.wants, end: 'open', void: false };
        yield at({ step: 'check', isOwn: true }, { records: [...state.records, made] });
      }
      return;
    }
    case 'check': {
      if (record === undefined) throw new Error('no record');
      if (record.end !== 'open') yield at({ ...overtaken, resume: run.isOwn ? 'stopped' : 'look' });
      else if (state.tag === record.to) yield at({ step: 'end' });
      else if (state.tag !== record.before) yield at({ step: 'end-undone' });
      else yield at({ step: 'move' });
      return;
    }
    case 'move': {
      if (record === undefined) throw new Error('no record');
      yield at({ step: 'after', unchecked: true }, { tag: record.to });
      if (canFail) {
        // Refused; and moved without a response.
        yield at({ step: 'end-undone' }, fault);
        yield at({ step: 'end-undone', unchecked: true }, { ...fault, tag: record.to });
      }
      return;
    }
    case 'after': {
      if (record === undefined) throw new Error('no record');
      if (record.end !== 'open') yield at({ ...overtaken, resume: run.isOwn ? 'stopped' : 'look' });
      else yield at({ step: 'end', unchecked: false });
      return;
    }
    case 'end': {
      if (record === undefined) throw new Error('no record');
      if (record.end === 'undone') yield at({ ...overtaken, resume: run.isOwn ? 'stopped' : 'look' });
      else yield at({ step: 'verify' }, withRecord({ end: 'done' }));
      return;
    }
    case 'verify':
      // A late write of an earlier release may have come between the move and the end.
      if (record !== undefined && state.tag === record.before && record.before !== record.to)
        yield at({ step: 'history', last: record.before, resume: ends() });
      else yield at({ step: ends() });
      return;
    case 'end-undone': {
      if (record === undefined) throw new Error('no record');
      if (record.end === 'done') yield at({ ...overtaken, resume: run.isOwn ? 'stopped' : 'look' });
      else yield at({ step: 'back' }, withRecord({ end: 'undone' }));
      return;
    }
    case 'back':
      // Only a tag that has the new image goes back; the write may be late.
      yield at({ step: state.tag === record?.to ? 'look-back' : 'void' });
      return;
    case 'look-back':
      yield at(
        { step: 'history', last: record?.before ?? 'old', resume: 'void', unchecked: true },
        { tag: record?.before ?? 'old' },
      );
      return;
    case 'void':
      yield at({ step: run.isOwn ? 'stopped' : 'look', unchecked: false }, withRecord({ void: true }));
      return;
    case 'history': {
      // It waits for a later release in progress: only its end says what the tag must point to.
      const isOpen = latest?.end === 'open' && state.records.length > run.number;
      const isAlive = state.runs.some(
        (each) => each !== run && each.number === state.records.length && !OVER.has(each.step),
      );
      if (isOpen && isAlive) return;
      const target = currentOf(state, record?.before ?? 'old');
      yield at(target === run.last ? { step: run.resume, unchecked: false } : { step: 'reread', target });
      return;
    }
    case 'reread':
      yield at(state.tag === run.last ? { step: 'rewrite' } : { step: run.resume, unchecked: false });
      return;
    case 'rewrite':
      yield at({ step: 'history', last: run.target, unchecked: true }, { tag: run.target });
  }
}

function start(wants: Image): Run {
  return {
    step: 'look',
    wants,
    number: 0,
    isOwn: false,
    before: 'old',
    last: 'old',
    target: 'old',
    resume: 'stopped',
    unchecked: false,
  };
}

/** Lets a third run settle what is left, without faults. */
function settle(state: State): State {
  let now: State = { ...state, faults: MOST_FAULTS, runs: [start('old')] };
  for (let steps = 0; steps < 100; steps++) {
    const [next] = [...stepsOf(now, 0)];
    if (next === undefined) return now;
    now = next;
  }
  throw new Error('it never settles');
}

test('ends with the public tag on what an ended record says, in every interleaving of two runs', () => {
  const first: State = { tag: 'old', records: [], runs: [start('a'), start('b')], faults: 0, diedUnchecked: false };
  const seen = new Set<string>();
  const queue: State[] = [first];
  const outcomes = new Map<string, number>();
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    const key = JSON.stringify(state);
    if (seen.has(key)) continue;
    seen.add(key);
    const next = [0, 1].flatMap((index) => [...stepsOf(state, index)]);
    for (const after of next) {
      // An end is decided once, and a record is undone completely before the next one is made.
      for (const [index, record] of state.records.entries()) {
        const later = after.records[index];
        if (record.end !== 'open') expect(later?.end).toBe(record.end);
      }
      expect(after.records.slice(0, -1).every(isSettled), JSON.stringify(after)).toBe(true);
    }
    queue.push(...next);
    if (next.length > 0) continue;

    const ended = settle(state);
    const isRight = ended.tag === currentOf(ended, 'old');
    expect(isRight || state.diedUnchecked, JSON.stringify([state, ended])).toBe(true);
    expect(ended.records.every(isSettled) || !isRight).toBe(true);
    const what = `${state.runs.map(({ step }) => step).join(' ')}: ${ended.tag}${isRight ? '' : ' (told)'}`;
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  }
  expect(seen.size).toBeGreaterThan(5_000);
  // The model means nothing unless both can release, and the faults have led to undone releases.
  for (const what of ['released released: a', 'released released: b', 'dead dead: a', 'stopped stopped: old'])
    expect([...outcomes.keys()], what).toContain(what);
});
