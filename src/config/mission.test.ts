import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { formatImageReference } from '../image-ref.ts';
import { imageName } from './image-name.ts';
import { loadConfig } from './load.ts';
import { checkConfig } from './validation/check.ts';

const sample = fileURLToPath(new URL('../../test/fixtures/config/mission.yaml', import.meta.url));
// The specification lies beside the repository where it is developed, and nowhere else.
const specification = fileURLToPath(new URL('../../../shared/SPEC.md', import.meta.url));

it.runIf(existsSync(specification))('the fixture is the specification’s sample, character by character', () => {
  const [, yaml] = /^```yaml\n(.*?)^```$/ms.exec(readFileSync(specification, 'utf8')) ?? [];
  expect(readFileSync(sample, 'utf8')).toBe(yaml);
});

it('the sample loads and means what it says', async () => {
  expect(await checkConfig(sample, { env: {}, strict: true })).toEqual([]);
  const config = await loadConfig(sample, { env: {}, strict: true });
  expect(config.warnings).toEqual([]);
  const pkg = config.selectPackage();
  expect(pkg.name).toBe('homechoice');
  expect(pkg.registry).toMatchObject({
    type: 'harbor',
    host: 'registry.technocore.co.za',
    url: 'https://registry.technocore.co.za',
    project: 'axion',
    username: 'admin',
    autoScan: true,
  });
  expect(pkg.registry.password?.reveal()).toBe('...');
  expect(pkg.registry.mirrors.map(({ host, endpoints }) => [host, endpoints])).toEqual([
    ['registry.technocore.co.za', ['https://registry.technocore.co.za']],
    ['10.0.10.5:5000', ['http://10.0.10.5:5000']],
  ]);
  expect(pkg.image).toMatchObject({ baseImage: 'python:3.12-bookworm', baseRuntimeImage: 'python:3.12-slim-bookworm' });
  expect(pkg.keptOutOfContext.map(({ path }) => path)).toEqual([sample]);
  expect(formatImageReference(imageName(pkg, 'meridian-report'))).toBe(
    'registry.technocore.co.za/axion/meridian-report-homechoice:latest',
  );
  expect(formatImageReference(imageName(pkg, undefined))).toBe(
    'registry.technocore.co.za/axion/axion-homechoice:latest',
  );
});
