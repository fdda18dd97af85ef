// How much a run asks of the registry that has nothing to build.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startCountingProxy } from '../../harbor/counting-proxy.ts';
import { createRobot } from '../../harness/harbor-project.ts';
import { startRegistry } from '../../harness/sandbox.ts';
import { createFixture, expectOutcome } from '../fixture.ts';
import { createWorkspace, SERVICES } from '../workspace.ts';

/** For each service and platform. */
const MOST_REQUESTS = 6;
const MOST_IN_FLIGHT = 8;
/** Long enough for requests that are sent together to be in flight together. */
const LATENCY_MS = 50;
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

const MOST = MOST_REQUESTS * SERVICES.length * PLATFORMS.length;

describe.concurrent('an unchanged run of six services for two platforms', () => {
  it(`sends Harbor at most ${MOST} requests, ${MOST_IN_FLIGHT} at once, as a user and as a robot`, async () => {
    await using fixture = await createFixture({ base: 'scratch', image: { platforms: PLATFORMS } });
    const { workspace, harbor } = fixture;
    expectOutcome(await workspace.pipeline(), 'passed', 0);
    await harbor.setDelays({ latency: LATENCY_MS });
    for (const login of [harbor.admin, await createRobot(harbor, 'release')]) {
      await workspace.configure({ login });
      await harbor.resetTraffic();
      expectOutcome(await workspace.pipeline(), 'unchanged', 0);
      const { requests, maxInFlight, recent } = await harbor.traffic();
      const list = recent.map(({ method, path }) => `${method} ${path}`).join('\n');
      console.log(`${login.username}: ${requests} requests, ${maxInFlight} at once`);
      expect(requests, list).toBeLessThanOrEqual(MOST);
      expect(maxInFlight).toBeLessThanOrEqual(MOST_IN_FLIGHT);
    }
  });

  it(`sends a plain registry at most ${MOST} requests, ${MOST_IN_FLIGHT} at once`, async () => {
    await using registry = await startRegistry();
    const image = { platforms: PLATFORMS };
    await using workspace = await createWorkspace({ host: registry.host, type: 'registry', base: 'scratch', image });
    expectOutcome(await workspace.pipeline(['--no-scan']), 'unscanned', 0);
    await using proxy = await startCountingProxy(`http://${registry.host}`, () => sleep(LATENCY_MS));
    await workspace.configure({ host: proxy.host });
    expectOutcome(await workspace.pipeline(['--no-scan']), 'unchanged', 0);
    const list = proxy.seen.map(({ method, url }) => `${method} ${url}`).join('\n');
    console.log(`a plain registry: ${proxy.seen.length} requests, ${proxy.mostInFlight()} at once`);
    expect(proxy.seen.length, list).toBeLessThanOrEqual(MOST);
    expect(proxy.mostInFlight()).toBeLessThanOrEqual(MOST_IN_FLIGHT);
  });
});
