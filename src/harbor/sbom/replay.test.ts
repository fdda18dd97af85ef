import { expect, test } from 'vitest';
import { openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { readRecording } from '../../../test/harness/recordings.ts';
import { serve } from '../../../test/harness/registry-server.ts';

// Replays recorded responses of a real Harbor 2.15.2 with Trivy 0.72.

const PYTHON = 'sha256:587d63af597a297ebcae6d5a8a2a68a6f0ccf5d362981e0d0f810e537a4ca499';
const SBOM = 'sha256:658235554d246d2f2ddd83c292a4afb04c33ba71ab5d968d399485777edeef06';
const REPOSITORY = '/projects/axion/repositories/python';

test('the SBOM of an image has the packages that Trivy found, with their licenses', async () => {
  await using server = await serve(
    recordedHarbor({
      'GET /systeminfo': '2.15/004-systeminfo-admin',
      [`GET ${REPOSITORY}/artifacts/3.11`]: '2.15/066-artifact-by-tag',
      [`GET ${REPOSITORY}/artifacts/${PYTHON}`]: '2.15/161-sbom-overview-state-3-Success',
      [`GET ${REPOSITORY}/artifacts/${SBOM}/additions/sbom`]: '2.15/162c-sbom-addition-of-accessory',
    }),
  );
  await using harbor = openTestHarbor(server.origin);
  const { images, ...report } = await harbor.project('axion').repository('python').sbom('3.11');
  expect(report).toEqual({ repository: 'axion/python', tags: ['3.11'], digest: PYTHON });
  expect(images).toHaveLength(1);
  expect(images[0]).toMatchObject({
    platform: 'linux/amd64',
    digest: PYTHON,
    sbom: SBOM,
    created: '2026-11-29T14:16:38Z',
  });
  expect(images[0]?.document).toEqual(
    JSON.parse(readRecording('162c-sbom-addition-of-accessory', '2.15').response.body),
  );
  // Neither the image itself nor its distribution is a package.
  expect(images[0]?.packages).toHaveLength(80);
  expect(images[0]?.packages.find(({ name }) => name === 'coreutils')).toEqual({
    name: 'coreutils',
    version: '9.1-1',
    type: 'deb',
    purl: 'pkg:deb/debian/coreutils@9.1-1?arch=amd64&distro=debian-12.15',
    license:
      'GPL-3.0-or-later AND BSD-4-Clause-UC AND GPL-3.0-only AND ISC AND FSFULLR AND GFDL-1.3-no-invariants-only AND GFDL-1.3-only',
  });
  // The document names licenses that SPDX does not list by an id of its own.
  expect(images[0]?.packages.some(({ license }) => license?.includes('LicenseRef-'))).toBe(false);
});

test('Harbor 2.9 has no SBOM, which is an error before the artifact is read', async () => {
  await using server = await serve(recordedHarbor({ 'GET /systeminfo': '004-systeminfo-admin' }));
  await using harbor = openTestHarbor(server.origin);
  await expect(harbor.project('axion').repository('python').sbom('3.11')).rejects.toMatchObject({
    code: 'REGISTRY_TOO_OLD',
    message: expect.stringContaining('Harbor v2.9.5'),
    hint: expect.stringContaining('2.11'),
  });
});
