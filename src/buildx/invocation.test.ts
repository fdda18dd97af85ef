import { describe, expect, it } from 'vitest';
import { samplePlan } from '../../test/build/sample-plan.ts';
import type { BuildCapabilities } from './capabilities.ts';
import { chooseInvocation } from './invocation.ts';
import type { BuildPlan } from './plan.ts';
import { describePlan } from './plan-description.ts';

const engine = { version: '26.1.5', os: 'linux', arch: 'amd64', containerdStore: true };
const withBuildx: BuildCapabilities = { docker: { version: '26.1.5' }, buildx: { version: '0.13.1' }, engine };
const OLD: BuildCapabilities = {
  docker: { version: '20.10.24+dfsg1' },
  engine: { ...engine, version: '20.10.24', containerdStore: false },
};
const BARE: BuildCapabilities = { docker: { version: '28.2.2' }, engine };
const builder = (driver: string, ...platforms: string[]) => ({ name: 'b', driver, platforms });

const choose = (plan: Partial<BuildPlan>, capabilities: BuildCapabilities) => {
  const { method, output, missing } = chooseInvocation(samplePlan(plan), capabilities);
  return { method, push: output.push, missing: missing.map(({ capability }) => capability) };
};

describe('chooseInvocation', () => {
  it('bakes with buildx, builds without, and loads images of the native platform', () => {
    expect(choose({}, withBuildx)).toEqual({ method: 'bake', push: false, missing: [] });
    expect(choose({}, OLD)).toEqual({ method: 'build', push: false, missing: [] });
    expect(choose({}, BARE)).toEqual({ method: 'legacy', push: false, missing: [] });
    expect(choose({ platforms: ['linux/amd64'] }, withBuildx)).toMatchObject({ push: false });
  });

  it('pushes images of another platform, and of several', () => {
    expect(choose({ platforms: ['linux/arm64'] }, withBuildx)).toMatchObject({ push: true, missing: [] });
    expect(choose({ platforms: ['linux/amd64', 'linux/arm64'] }, withBuildx)).toMatchObject({
      push: true,
      missing: [],
    });
  });

  it('needs the containerd store or another builder for several platforms', () => {
    const classic = { ...withBuildx, engine: { ...engine, containerdStore: false } };
    const both = { platforms: ['linux/amd64', 'linux/arm64'] };
    expect(choose(both, classic).missing).toEqual(['multi-platform']);
    expect(choose(both, { ...classic, builder: builder('docker', 'linux/amd64', 'linux/arm64') }).missing).toEqual([
      'multi-platform',
    ]);
    expect(
      choose(both, { ...classic, builder: builder('docker-container', 'linux/amd64', 'linux/arm64') }).missing,
    ).toEqual([]);
    expect(choose({ ...both, builder: 'cluster' }, classic).missing).toEqual([]);
    expect(choose({ platforms: ['linux/arm64'] }, classic).missing).toEqual([]);
  });

  it('needs emulation only when a RUN runs on the other platform', () => {
    const [image] = samplePlan().images;
    if (image === undefined) throw new Error('no image');
    const running = { platforms: ['linux/arm64'], images: [{ ...image, firstRun: { line: 9 } }] };
    const amd64 = { ...withBuildx, builder: builder('docker', 'linux/amd64') };
    expect(choose(running, amd64).missing).toEqual(['emulation']);
    expect(choose({ platforms: ['linux/arm64'] }, amd64).missing).toEqual([]);
    expect(
      choose(running, { ...withBuildx, builder: builder('docker', 'linux/amd64', 'linux/arm64') }).missing,
    ).toEqual([]);
    const [missing] = chooseInvocation(samplePlan(running), amd64).missing;
    expect(missing?.message).toBe(
      'the builder "b" cannot run linux/arm64 programs, which the RUN at /project/axion.dockerfile:9 needs',
    );
    expect(missing?.hint).toContain('arm64');
  });

  it('needs buildx for what docker build cannot do', () => {
    expect(choose({ platforms: ['linux/arm64'] }, OLD).missing).toEqual(['buildx']);
    expect(choose({ builder: 'cluster' }, OLD).missing).toEqual(['buildx']);
    expect(choose({ images: [{ reference: 'h/api:1', args: {}, cacheTo: ['type=inline'] }] }, OLD).missing).toEqual([
      'buildx',
    ]);
    const heredoc = { features: [{ text: 'a heredoc', line: 4, since: '1.4', legacy: false }] };
    expect(choose(heredoc, OLD).missing).toEqual(['buildkit']);
    expect(choose({ ...heredoc, syntax: 'docker/dockerfile:1' }, OLD).missing).toEqual([]);
    expect(choose(heredoc, BARE).missing).toEqual(['buildkit']);
    expect(choose({ secrets: [{ id: 's', env: 'S' }] }, BARE).missing).toEqual(['buildkit']);
    expect(choose({ secrets: [{ id: 's', env: 'S' }] }, OLD).missing).toEqual([]);
    expect(choose({}, { engine }).missing).toEqual(['docker']);
  });
});

describe('describePlan', () => {
  it('shows the equivalent docker command and the bake', () => {
    const plan = samplePlan({
      secrets: [{ id: 'pip', file: '/etc/pip.conf' }],
      images: [
        { target: 'api', service: 'api', reference: 'h/api:1', args: { A: 'two words', B: '${X}' } },
        { reference: 'h/last:1', args: {} },
      ],
      warnings: [{ message: 'check this' }],
    });
    const described = describePlan(plan, withBuildx);
    expect(described.images.map(({ command }) => command)).toEqual([
      "docker build --file /project/axion.dockerfile --target api --tag h/api:1 --build-arg 'A=two words' --build-arg 'B=${X}' --secret id=pip,src=/etc/pip.conf /project",
      'docker build --file /project/axion.dockerfile --tag h/last:1 --secret id=pip,src=/etc/pip.conf /project',
    ]);
    expect(described.images[0]).toMatchObject({
      platforms: ['linux/amd64'],
      push: false,
      secrets: ['id=pip,src=/etc/pip.conf'],
    });
    expect(described.invocation.method).toBe('bake');
    expect(described.invocation.definition?.group.default.targets).toEqual(['api', 'image']);
    expect(described.notes).toEqual([{ level: 'warning', message: 'check this' }]);
  });

  it('shows a build for another platform without an engine, with what is missing', () => {
    const described = describePlan(samplePlan({ platforms: ['linux/arm64'] }), { docker: { version: '28.2.2' } });
    expect(described.images[0]?.command).toMatch(/^docker buildx build --push --platform linux\/arm64 /);
    expect(described.notes.map(({ level }) => level)).toEqual(['missing', 'info', 'info', 'info']);
  });

  it('sets DOCKER_BUILDKIT for the old CLI', () => {
    const { invocation } = describePlan(samplePlan(), OLD);
    expect(invocation.commands).toEqual([expect.stringMatching(/^DOCKER_BUILDKIT=1 docker build --file /)]);
  });
});
