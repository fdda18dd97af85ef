import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { formatImageReference } from '../image-ref.ts';
import { imageName } from './image-name.ts';
import { loadConfig } from './load.ts';
import { checkConfig } from './validation/check-config.ts';

const sample = fileURLToPath(new URL('../../test/fixtures/config/mission.yaml', import.meta.url));

it('reads every value of the sample config', async () => {
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
  expect(pkg.excludedFiles.map(({ path }) => path)).toEqual([sample]);
  expect(formatImageReference(imageName(pkg, 'meridian-report'))).toBe(
    'registry.technocore.co.za/axion/meridian-report-homechoice:latest',
  );
  expect(formatImageReference(imageName(pkg, undefined))).toBe(
    'registry.technocore.co.za/axion/axion-homechoice:latest',
  );
});
