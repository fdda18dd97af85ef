import { describe, expect, it } from 'vitest';
import { renderInstance } from './render-instance.ts';
import { detail, rendering } from './render-instances.fixture.ts';

const ID = '0123456789abcdef'.repeat(4);

describe('a container in detail', () => {
  it('omits empty sections', () => {
    expect(renderInstance(detail(), rendering()).split('\n')).toEqual([
      'web',
      `  id        ${ID}`,
      '  image     nginx:1.27',
      `  image id  sha256:${'e'.repeat(64)}`,
      '  status    Up 5 minutes',
      "  command   nginx -g 'daemon off;'",
      '  created   2026-05-31T11:55:00.000Z (5 minutes ago)',
      '  started   2026-05-31T11:55:01.000Z (4 minutes ago)',
    ]);
  });

  it('shows how it ended, its health check, ports, mounts, networks and labels', () => {
    const text = renderInstance(
      detail({
        state: 'exited',
        status: 'Exited (137) 1 minute ago',
        finished: '2026-05-31T11:59:00.000Z',
        exitCode: 137,
        outOfMemory: true,
        restartCount: 3,
        error: 'no such device',
        image: { reference: 'nginx:1.27', id: 'sha256:1', tags: ['nginx:1.27', 'nginx:latest'] },
        lastProbe: {
          started: '2026-05-31T11:58:00.000Z',
          ended: '2026-05-31T11:58:00.500Z',
          exitCode: 1,
          output: 'refused\nby 127.0.0.1\u0007\n',
          failingStreak: 2,
        },
        ports: [{ port: 80, protocol: 'tcp', published: { address: '127.0.0.1', port: 8080 } }],
        mounts: [
          { type: 'bind', source: '/etc', target: '/host', readOnly: true },
          { type: 'tmpfs', target: '/tmp', readOnly: false },
        ],
        networks: [{ name: 'bridge', ipv4: '172.17.0.2' }, { name: 'none' }],
        labels: { team: 'shop', note: 'a\nb\u001b[2J' },
      }),
      rendering(),
    );
    const lines = text.split('\n');
    for (const line of [
      '  other tags  nginx:latest',
      '  ended       2026-05-31T11:59:00.000Z (1 minute ago), exit code 137, out of memory',
      '  error       no such device',
      '  restarts    3',
      '  last probe  2026-05-31T11:58:00.000Z (2 minutes ago), exit code 1 after 0.5s; 2 failed in a row',
      '  output      refused',
      '              by 127.0.0.1\\x07',
      '  127.0.0.1:8080->80/tcp',
      '  bind   /etc -> /host (read-only)',
      '  tmpfs  /tmp',
      '  bridge  172.17.0.2',
      '  none',
      '  team=shop',
      '  note=a\\nb\\e[2J',
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => /^\w/.test(line))).toEqual([
      'web',
      'health',
      'ports',
      'mounts',
      'networks',
      'labels',
    ]);
  });

  it('wraps long values within their column on a terminal', () => {
    const command = [
      'sh',
      '-c',
      'echo one two three four five six seven eight nine ten eleven twelve thirteen fourteen',
    ];
    const lines = renderInstance(detail({ command }), rendering({ columns: 60 })).split('\n');
    const at = lines.findIndex((line) => line.startsWith('  command'));
    expect(lines.slice(at, at + 2)).toEqual([
      "  command   sh -c 'echo one two three four five six seven",
      expect.stringMatching(/^ {12,14}eight nine ten/),
    ]);
  });
});
