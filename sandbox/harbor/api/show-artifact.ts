import type { Context } from 'hono';
import type { Env } from '../auth/identity.ts';
import { canScan, scannerOf } from '../scan/jobs.ts';
import { acceptsReport, scanOverview } from '../scan/reports.ts';
import { sbomOverview } from '../scan/sbom.ts';
import type { Harbor } from '../store/harbor.ts';
import { accessoriesOf, projectOfRepository } from '../store/lookup.ts';
import type { Artifact, Repository } from '../store/state.ts';
import { showAccessory } from './accessories.ts';
import { showTag } from './tags.ts';

/** An artifact in the API's form. The query selects optional parts. */
export function showArtifact(harbor: Harbor, c: Context<Env>, repository: Repository, artifact: Artifact): unknown {
  const wants = (name: string, fallback: string) => (c.req.query(name) ?? fallback) === 'true';
  const accessories = wants('with_accessory', 'false') ? accessoriesOf(repository, artifact.digest) : [];
  const wantsScan = wants('with_scan_overview', 'false') && acceptsReport(c.req.header('X-Accept-Vulnerabilities'));
  const overview = wantsScan ? scanOverview(harbor, repository, artifact) : undefined;
  const sbom = wants('with_sbom_overview', 'false') ? sbomOverview(harbor, repository, artifact) : undefined;
  const links = additionLinks(harbor, repository, artifact);
  const withImmutable = wants('with_immutable_status', 'false');
  const tags = artifact.tags.map((tag) => showTag(harbor, repository, artifact, tag, withImmutable));
  const { rules } = harbor;
  return {
    accessories: accessories.length === 0 ? null : accessories.map((each) => showAccessory(repository, artifact, each)),
    ...(Object.keys(links).length === 0 ? {} : { addition_links: links }),
    ...(artifact.annotations === undefined ? {} : { annotations: artifact.annotations }),
    ...(rules.showsArtifactType && artifact.artifactType !== undefined ? { artifact_type: artifact.artifactType } : {}),
    digest: artifact.digest,
    ...(artifact.extraAttrs === undefined ? {} : { extra_attrs: artifact.extraAttrs }),
    icon: `sha256:${'0'.repeat(64)}`,
    id: artifact.id,
    labels: null,
    manifest_media_type: artifact.manifestMediaType,
    media_type: artifact.mediaType,
    project_id: repository.projectId,
    pull_time: artifact.pulled,
    push_time: artifact.pushed,
    references: showReferences(repository, artifact),
    repository_id: repository.id,
    ...(rules.showsArtifactType ? { repository_name: repository.name } : {}),
    ...(sbom === undefined ? {} : { sbom_overview: sbom }),
    ...(overview === undefined ? {} : { scan_overview: overview }),
    size: artifact.size,
    tags: wants('with_tag', 'true') && tags.length > 0 ? tags : null,
    type: artifact.type,
  };
}

function showReferences(repository: Repository, artifact: Artifact): unknown {
  if (artifact.references.length === 0) return null;
  return artifact.references.map(({ digest, platform, annotations }) => ({
    ...(annotations === undefined ? {} : { annotations }),
    child_digest: digest,
    child_id: repository.artifacts.find((each) => each.digest === digest)?.id ?? 0,
    parent_id: artifact.id,
    platform: { OsFeatures: null, ...platform },
    urls: null,
  }));
}

/** Slashes in repository names are encoded twice, as in request paths. */
function additionLinks(harbor: Harbor, repository: Repository, artifact: Artifact): Record<string, unknown> {
  if (artifact.type !== 'IMAGE') return {};
  const [project = '', ...rest] = repository.name.split('/');
  const base = `/api/v2.0/projects/${project}/repositories/${rest.join('%252F')}/artifacts`;
  const link = (name: string, path: string) => ({ [name]: { absolute: false, href: `${base}/${path}` } });
  const own = (name: string) => link(name, `${artifact.digest}/additions/${name}`);
  const home = projectOfRepository(harbor, repository.name);
  const scannable = home !== undefined && scannerOf(harbor, home) !== undefined && canScan(harbor, artifact);
  return {
    ...(artifact.references.length === 0 ? own('build_history') : {}),
    // As in Harbor, the link has no digest while there is no SBOM.
    ...(scannable && harbor.rules.hasSbom ? link('sboms', `${artifact.sbom?.digest ?? ''}/additions/sbom`) : {}),
    ...(scannable ? own('vulnerabilities') : {}),
  };
}
