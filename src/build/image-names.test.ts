import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { systemEnvironment } from '../lib/environment.ts';
import { checkImages } from './image-names.ts';
import { prepareBuild } from './prepare.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-names-'));
  await writeFile(join(folder, 'shop.dockerfile'), 'FROM scratch AS api-eu\nFROM scratch AS worker\n');
  await writeFile(join(folder, 'eu.dockerfile'), 'FROM scratch AS api\nFROM scratch AS worker\n');
  await writeFile(join(folder, 'single.dockerfile'), 'FROM scratch\n');
});
afterAll(() => rm(folder, { recursive: true }));

interface Section {
  readonly dockerfile?: string;
  readonly image?: string;
  readonly host?: string;
  readonly project?: string;
}

function section(
  name: string,
  { dockerfile = 'eu', image = '', host = 'r.example.com', project = 'axion' }: Section,
): string {
  return `${name}:
  deployment:
    registry: { type: harbor, host: ${host}, project: ${project} }
    image: { repository: ${name}, tag: latest, dockerfile: ${dockerfile}.dockerfile${image} }
`;
}

async function load(shop: Section, eu: Section) {
  const file = join(folder, 'config.yaml');
  await writeFile(file, section('shop', { dockerfile: 'shop', ...shop }) + section('eu-shop', eu));
  return loadConfig(file, { env: {} });
}

const plan = async (shop: Section, eu: Section) => {
  const config = await load(shop, eu);
  return prepareBuild(config.selectPackage('shop'), {}, { environment: systemEnvironment(), withRevision: false });
};

const COLLISION =
  'axion/api-eu-shop is the image of the service "api-eu" of shop, and the image of the service "api" of eu-shop';

describe('two packages with one image name', () => {
  it('cannot be built', async () => {
    await expect(plan({}, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(COLLISION),
      hint: expect.stringContaining('image.name'),
    });
  });

  it('are an error of the file, at the package that comes later', async () => {
    const [issue, ...others] = await checkImages(await load({}, {}));
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      severity: 'error',
      line: 8,
      path: 'eu-shop.deployment.image',
      package: 'eu-shop',
      message: expect.stringContaining('the service "api" of eu-shop, and the image of the service "api-eu" of shop'),
    });
  });

  it.each<[string, Section, string]>([
    [
      'an image of its own',
      { dockerfile: 'eu', image: '}\n    release: { repository: api-shop' },
      'the service "api" of shop',
    ],
    [
      'an image of another package',
      { dockerfile: 'eu', image: '}\n    release: { repository: worker-eu-shop' },
      'the service "worker" of eu-shop',
    ],
    [
      'the records of another package',
      { dockerfile: 'eu', image: '}\n    release: { repository: eu-shop-releases' },
      'the release records of eu-shop',
    ],
  ])('include the repository of the release records: %s', async (_what, shop, named) => {
    const error = await plan(shop, { image: ', name: "{service}-{package}"' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(named) });
    expect(error.message).toContain('the repository of the release records of shop');
  });

  it.each<[string, Section, Section]>([
    ['of another project', {}, { project: 'eu' }],
    ['of another registry', {}, { host: 's.example.com' }],
    ['whose Dockerfile has no such service', {}, { dockerfile: 'shop' }],
    ['whose Dockerfile cannot be read', {}, { dockerfile: 'nothing' }],
    ['that lists other services', {}, { image: ', services: [worker]' }],
    ['of another form', {}, { image: ', name: "{package}/{service}"' }],
    ['with a single image of another name', {}, { dockerfile: 'single' }],
  ])('are no matter beside a package %s', async (_what, shop, eu) => {
    await expect(plan(shop, eu)).resolves.toBeDefined();
    expect(await checkImages(await load(shop, eu))).toEqual([]);
  });

  it('may be a single image and a service', async () => {
    const file = join(folder, 'single.yaml');
    await writeFile(file, section('shop', { dockerfile: 'shop' }) + section('worker-shop', { dockerfile: 'single' }));
    const issues = await checkImages(await loadConfig(file, { env: {} }));
    expect(issues.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        'axion/worker-shop is the image of worker-shop, and the image of the service "worker" of shop',
      ),
    ]);
  });
});

it('reports a cache that several services would write to', async () => {
  const cacheTo = (text: string) => ({ image: `, cacheTo: ["${text}"]` });
  const [issue, ...others] = await checkImages(await load(cacheTo('type=gha'), { project: 'eu' }));
  expect(issue?.path).toBe('shop.deployment.image.cacheTo');
  expect(issue?.message).toContain('2 services would write their caches to one place, "type=gha"');
  expect(others).toEqual([]);
  expect(await checkImages(await load(cacheTo('type=gha,scope={service}'), { project: 'eu' }))).toEqual([]);
});

describe('image.name', () => {
  it('names the images of services', async () => {
    const { images } = await plan({ image: ', name: "{package}/{service}"' }, {});
    expect(images.map(({ reference }) => reference)).toEqual([
      'r.example.com/axion/shop/api-eu:latest',
      'r.example.com/axion/shop/worker:latest',
    ]);
  });

  it.each([
    ['{package}', 'is the same name for all services'],
    ['{service}-{pkg}', '"{pkg}" is no placeholder'],
    ['{service', '"{service" is no placeholder'],
    ['{service}//x', 'does not make a repository'],
    ['{service}:1', 'does not make a repository'],
  ])('cannot be %s', async (name, message) => {
    await expect(plan({ image: `, name: "${name}"` }, {})).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
