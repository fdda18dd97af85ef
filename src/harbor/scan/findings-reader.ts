import * as z from 'zod';
import { createJsonItemReader } from '../../lib/http/json-items.ts';
import { asRecord } from '../../lib/json.ts';
import type { Finding } from '../../model/scan-report.ts';
import type { BodyReader } from '../client/request.ts';
import { readSeverity } from './state.ts';

const text = z.string().nullish();

/** A vulnerability as Harbor reports it. Other fields are dropped: vendor attributes are most of a long report. */
export const vulnerabilitySchema = z.object({
  id: z.string(),
  package: text,
  version: text,
  fix_version: text,
  severity: text,
  status: text,
  description: text,
  links: z.array(z.string()).nullish(),
  preferred_cvss: z.object({ score_v3: z.number().nullish() }).nullish(),
  cwe_ids: z.array(z.string()).nullish(),
});

/** Parses reports while they arrive. Only the fields that are kept are in memory: a report may have 200,000 findings. */
export interface FindingsReader extends BodyReader {
  /** The findings of one report type, in Harbor's order. */
  findingsOf(type: string): Finding[];
}

/** Makes a {@link FindingsReader}. `end()` returns the body with invalid findings only, for the error message. */
export function createFindingsReader(): FindingsReader {
  const lists: Finding[][] = [];
  const invalid: unknown[][] = [];
  const byType = new Map<string, Finding[]>();
  const convert = createConverter();
  const items = createJsonItemReader({
    key: 'vulnerabilities',
    onItem(item, array) {
      const { success, data } = vulnerabilitySchema.safeParse(item);
      if (success) pushTo(lists, array, convert(data));
      else pushTo(invalid, array, item);
    },
  });
  return {
    write: items.write,
    end() {
      const body = items.end();
      const reports = asRecord(body);
      if (reports === undefined) return body;
      let array = 0;
      const shown = Object.entries(reports).map(([type, value]) => {
        const report = asRecord(value);
        if (!Array.isArray(report?.vulnerabilities)) return [type, value];
        byType.set(type, lists[array] ?? []);
        return [type, { ...report, vulnerabilities: invalid[array++] ?? [] }];
      });
      return Object.fromEntries(shown);
    },
    findingsOf: (type) => byType.get(type) ?? [],
  };
}

function pushTo<T>(lists: T[][], index: number, item: T): void {
  const list = lists[index] ?? [];
  lists[index] = list;
  list.push(item);
}

/** A larger table would take more memory than it saves. */
const MOST_SHARED = 50_000;

/** Shares equal strings to save memory: a vulnerability is often found in many packages. */
function createConverter(): (row: z.infer<typeof vulnerabilitySchema>) => Finding {
  const texts = new Map<string, string>();
  const lists = new Map<string, readonly string[]>();
  const firsts = new Map<string, Finding>();
  const share = (value: string | null | undefined): string => {
    if (!value) return '';
    const known = texts.get(value);
    if (known !== undefined) return known;
    if (texts.size < MOST_SHARED) texts.set(value, value);
    return value;
  };
  const shareList = (values: readonly string[]): readonly string[] => {
    if (values.length === 0) return NONE;
    const key = values.join();
    const known = lists.get(key);
    if (known !== undefined) return known;
    const list = values.map(share);
    lists.set(key, list);
    return list;
  };
  return (row) => {
    const first = firsts.get(row.id);
    const description = row.description ?? '';
    const links = row.links ?? NONE;
    // Harbor sends one empty entry when there is no CWE.
    const cwes = row.cwe_ids?.filter((id) => id !== '') ?? NONE;
    const finding = toFinding(
      {
        id: first?.id ?? row.id,
        severity: readSeverity(row.severity),
        package: share(row.package),
        version: share(row.version),
        description: first?.description === description ? first.description : description,
        links: first !== undefined && isSame(first.links, links) ? first.links : [...links],
        cwes: shareList(cwes),
      },
      { fixVersion: share(row.fix_version), status: share(row.status), score: row.preferred_cvss?.score_v3 },
    );
    if (first === undefined && firsts.size < MOST_SHARED) firsts.set(row.id, finding);
    return finding;
  };
}

// Object literals without spread use less memory, and there may be 200,000 findings.
function toFinding(
  f: Omit<Finding, 'fixVersion' | 'status' | 'score'>,
  {
    fixVersion,
    status,
    score,
  }: { readonly fixVersion: string; readonly status: string; readonly score: number | null | undefined },
): Finding {
  const { id, severity, package: name, version, description, links, cwes } = f;
  if (status === '') {
    if (fixVersion === '' && score == null) return { id, severity, package: name, version, description, links, cwes };
    if (fixVersion === '') return { id, severity, package: name, version, description, links, score: score ?? 0, cwes };
    if (score == null) return { id, severity, package: name, version, fixVersion, description, links, cwes };
    return { id, severity, package: name, version, fixVersion, description, links, score, cwes };
  }
  if (fixVersion === '' && score == null) {
    return { id, severity, package: name, version, status, description, links, cwes };
  }
  if (fixVersion === '') {
    return { id, severity, package: name, version, status, description, links, score: score ?? 0, cwes };
  }
  if (score == null) return { id, severity, package: name, version, fixVersion, status, description, links, cwes };
  return { id, severity, package: name, version, fixVersion, status, description, links, score, cwes };
}

const NONE: readonly string[] = [];

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
