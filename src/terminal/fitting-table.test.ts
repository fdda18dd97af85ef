import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { clipList, fittingTable, type TableColumn } from './fitting-table.ts';
import { widthOf } from './width.ts';

interface Row {
  readonly name: string;
  readonly size: string;
  readonly time: string;
}

const ROWS: readonly Row[] = [
  { name: 'services/meridian-report-homechoice', size: '12 MB', time: '3d ago' },
  { name: '数据\u001b[31m/x', size: '1 kB', time: '2w ago' },
];

const COLUMNS: readonly TableColumn<Row>[] = [
  { head: 'NAME', cell: ({ name }) => name, minWidth: 12 },
  { head: 'SIZE', cell: ({ size }) => size, fullCell: () => '12000000', dropOrder: 2 },
  { head: 'TIME', cell: ({ time }) => time, dropOrder: 1 },
];

const lines = (width: number | undefined, isColored = false): string[] => [
  ...fittingTable(ROWS, COLUMNS, { width, colors: createColors(isColored) }),
];

describe('fittingTable', () => {
  it('shows every column in full where there is no terminal, and control characters escaped', () => {
    expect(lines(undefined)).toEqual([
      'NAME                                 SIZE      TIME',
      'services/meridian-report-homechoice  12000000  3d ago',
      '数据\\e[31m/x                         12000000  2w ago',
    ]);
  });

  it('cuts cells, then leaves out columns', () => {
    expect(lines(34)).toEqual([
      'NAME                 SIZE   TIME',
      'services/…omechoice  12 MB  3d ago',
      '数据\\e[31m/x         1 kB   2w ago',
    ]);
    expect(lines(24)[0]).toBe('NAME              TIME');
    expect(lines(16)[0]).toBe('NAME');
  });

  it('is never wider than the terminal', () => {
    for (let width = 4; width < 80; width++) {
      for (const line of lines(width)) expect(widthOf(line), `${width}: ${line}`).toBeLessThanOrEqual(width);
    }
  });

  it('has the same width in colors', () => {
    const plain = (text: string) => text.replace(/\u001b\[\d+m/g, '');
    expect(lines(40, true).map(plain)).toEqual(lines(40));
  });
});

describe('clipList', () => {
  it.each([
    [30, 'linux/amd64, linux/arm64 +1'],
    [31, 'linux/amd64, linux/arm64, s390x'],
    [14, 'linux/amd64 +2'],
    [10, 'lin…d64 +2'],
  ])('in %i columns', (columns, text) => {
    expect(clipList('linux/amd64, linux/arm64, s390x', columns)).toBe(text);
  });
});
