import { createColors } from 'picocolors';
import type { Instance, InstanceDetail } from '../../model/instance.ts';
import type { RenderInstancesOptions } from './render-instances.ts';

const NOW = new Date('2026-05-31T12:00:00Z');

/** Render options: five minutes after {@link instance} was created, without colors. */
export function rendering(options: { columns?: number; isColored?: boolean } = {}): RenderInstancesOptions {
  return { columns: options.columns, colors: createColors(options.isColored ?? false), now: NOW };
}

export function instance(parts: Partial<Instance> = {}): Instance {
  return {
    id: '0123456789abcdef'.repeat(4),
    name: 'web',
    image: { reference: 'nginx:1.27', id: `sha256:${'e'.repeat(64)}` },
    state: 'running',
    status: 'Up 5 minutes',
    created: '2026-05-31T11:55:00.000Z',
    ports: [],
    labels: {},
    ...parts,
  };
}

export function detail(parts: Partial<InstanceDetail> = {}): InstanceDetail {
  return {
    ...instance(),
    image: { reference: 'nginx:1.27', id: `sha256:${'e'.repeat(64)}`, tags: ['nginx:1.27'] },
    command: ['nginx', '-g', 'daemon off;'],
    started: '2026-05-31T11:55:01.000Z',
    outOfMemory: false,
    restartCount: 0,
    mounts: [],
    networks: [],
    ...parts,
  };
}
