import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Instance } from '../../model/instance.ts';
import { widthOf } from '../../terminal/width.ts';
import { instance, rendering } from './render-instances.fixture.ts';
import { renderInstances } from './render-instances.ts';

const REPORT = 'registry.technocore.co.za/axion/meridian-report-homechoice:latest';
const published = (address: string, port: number) => ({ port: 80, protocol: 'tcp', published: { address, port } });

const REPORT_INSTANCE = instance({
  id: 'f'.repeat(64),
  name: 'homechoice-report-1',
  image: { reference: REPORT, id: `sha256:${'a'.repeat(64)}` },
  state: 'exited',
  status: 'Exited (137) 3 weeks ago',
  created: '2026-05-01T12:00:00.000Z',
});

const SOME: readonly Instance[] = [
  instance({ health: 'healthy', status: 'Up 5 minutes (healthy)', ports: [published('127.0.0.1', 8080)] }),
  REPORT_INSTANCE,
];

const at = (columns: number) => renderInstances(SOME, rendering({ columns })).split('\n');

describe('a list of containers', () => {
  it('prints all columns in full without a terminal', () => {
    expect(renderInstances(SOME, rendering()).split('\n')).toEqual([
      expect.stringMatching(/^NAME +IMAGE +STATUS +PORTS +CREATED +ID$/),
      expect.stringMatching(
        /^web +nginx:1\.27 +Up 5 minutes \(healthy\) +127\.0\.0\.1:8080->80\/tcp +2026-05-31T11:55:00\.000Z +(0123456789abcdef){4}$/,
      ),
      expect.stringMatching(
        new RegExp(`^homechoice-report-1 +${REPORT} +Exited \\(137\\) 3 weeks ago +2026-05-01T12:00:00\\.000Z +f{64}$`),
      ),
    ]);
  });

  it('shortens cells, then omits columns, on narrower terminals', () => {
    expect(at(200)[0]).toMatch(/^NAME +IMAGE +STATUS +PORTS +CREATED +ID$/);
    expect(at(200)[2]).toBe(
      `homechoice-report-1  ${REPORT}  Exited (137) 3 weeks ago                          4 weeks ago    ffffffffffff`,
    );
    expect(at(140)).toEqual([
      'NAME                 IMAGE                                    STATUS                    PORTS                   CREATED        ID',
      'web                  nginx:1.27                               Up 5 minutes (healthy)    127.0.0.1:8080->80/tcp  5 minutes ago  0123456789ab',
      'homechoice-report-1  axion/meridian-report-homechoice:latest  Exited (137) 3 weeks ago                          4 weeks ago    ffffffffffff',
    ]);
    expect(at(110)).toEqual([
      'NAME                 IMAGE                              STATUS               PORTS               ID',
      'web                  nginx:1.27                         Up 5m (healthy)      127.0.0.1:8080->80  0123456789ab',
      'homechoice-report-1  meridian-report-homechoice:latest  Exited (137) 3w ago                      ffffffffffff',
    ]);
    expect(at(100)).toEqual([
      'NAME                 IMAGE                     STATUS               PORTS               ID',
      'web                  nginx:1.27                Up 5m (healthy)      127.0.0.1:8080->80  0123456789ab',
      'homechoice-report-1  meridian-rep…oice:latest  Exited (137) 3w ago                      ffffffffffff',
    ]);
    expect(at(80)).toEqual([
      'NAME                IMAGE                STATUS               PORTS',
      'web                 nginx:1.27           Up 5m (healthy)      127.0.0.1:8080->80',
      'homechoic…report-1  meridian-…ce:latest  Exited (137) 3w ago',
    ]);
    expect(at(60)).toEqual([
      'NAME                IMAGE                STATUS',
      'web                 nginx:1.27           Up 5m (healthy)',
      'homechoic…report-1  meridian-…ce:latest  Exited (137) 3w ago',
    ]);
    expect(at(40)).toEqual([
      'NAME                 STATUS',
      'web                  Up 5m (healthy)',
      'homechoice-report-1  Exited (137) 3w ago',
    ]);
  });

  it('counts the ports that do not fit', () => {
    const ports = [1, 2, 3].map((port) => ({
      port: port * 1000,
      protocol: 'tcp',
      published: { address: '0.0.0.0', port: 30_000 + 2 * port },
    }));
    const portsAt = (columns: number) => renderInstances([{ ...REPORT_INSTANCE, ports }], rendering({ columns }));
    expect(portsAt(145)).toContain('  30002->1000, 30004->2000, 30006->3000  ');
    expect(portsAt(130)).toMatch(/ {2}30002->1000, 30004->2000 \+1 +4w ago/);
    expect(portsAt(80)).toMatch(/ {2}30002->1000 \+2$/);
  });

  it.each([1, 2, 5, 10, 20, 40, 60, 80, 100, 120, 160])('never wraps at %i columns', (columns) => {
    const hostile = instance({ name: `${'n'.repeat(300)}`, image: { reference: '日本'.repeat(80), id: 'sha256:1' } });
    for (const list of [SOME, [...SOME, hostile]]) {
      for (const line of renderInstances(list, rendering({ columns })).split('\n'))
        expect(widthOf(line)).toBeLessThanOrEqual(Math.max(columns, 4));
    }
  });

  it('escapes control characters', () => {
    const text = renderInstances(
      [instance({ name: 'a\u001b[31m\nb', status: 'Up\u0007' })],
      rendering({ columns: 100 }),
    );
    expect(text).toContain('a\\e[31m\\nb');
    expect(text).toContain('Up\\x07');
  });

  it('shows the id of an image without a tag', () => {
    const [, line] = renderInstances(
      [instance({ image: { reference: `sha256:${'e'.repeat(64)}`, id: `sha256:${'e'.repeat(64)}` } })],
      rendering({ columns: 100 }),
    ).split('\n');
    expect(line).toMatch(/^web +e{12} +Up/);
  });

  it.each([
    ['green', { state: 'running', status: 'Up 5 minutes' }, 32],
    ['red', { state: 'running', health: 'unhealthy', status: 'Up 5 minutes (unhealthy)' }, 31],
    ['yellow', { state: 'running', health: 'starting', status: 'Up 1 second (health: starting)' }, 33],
    ['yellow', { state: 'paused', status: 'Up 5 minutes (Paused)' }, 33],
    ['yellow', { state: 'restarting', status: 'Restarting (1) 2 seconds ago' }, 33],
    ['red', { state: 'exited', status: 'Exited (137) 2 days ago' }, 31],
    ['red', { state: 'dead', status: 'Dead' }, 31],
    ['dim', { state: 'exited', status: 'Exited (0) 2 days ago' }, 2],
    ['dim', { state: 'created', status: 'Created' }, 2],
  ] as const)('paints the status %s for %o', (_color, parts, code) => {
    const text = renderInstances([instance(parts)], rendering({ columns: 200, isColored: true }));
    expect(text).toContain(`\u001b[${code}m${parts.status}`);
    expect(stripVTControlCharacters(text)).toBe(renderInstances([instance(parts)], rendering({ columns: 200 })));
  });
});
