import { ObjDockerError } from '../../errors.ts';
import type { ReleasedService, ReleaseRecord } from '../../model/release.ts';
import type { ReleaseImage } from '../../release/new-record.ts';
import type { RollbackOptions } from '../options.ts';
import type { RollbackTarget } from './choose-target.ts';

/** An image of a rollback. */
export interface RollbackImage {
  /** What the release says whose image it is. */
  readonly service: ReleasedService;
  /** What the current release says; absent for a service that it does not have. */
  readonly before: ReleasedService | undefined;
  /** False for an image that stays as it is. */
  readonly isChanged: boolean;
}

/** The images of a rollback: those of the target, and those of the current release that stay. */
export function rollbackImages({ current, target }: RollbackTarget, options: RollbackOptions): RollbackImage[] {
  checkServices(target.record, options);
  const isWanted = ({ service = '' }: ReleasedService): boolean => options.services?.includes(service) ?? true;
  const before = new Map(current.record.services.map((service) => [service.repository, service]));
  const back = target.record.services.filter(isWanted).map((service): RollbackImage => {
    const now = before.get(service.repository);
    return { service, before: now, isChanged: now?.digest !== service.digest };
  });
  const stay = current.record.services
    .filter(({ repository }) => !back.some(({ service }) => service.repository === repository))
    .map((service): RollbackImage => ({ service, before: service, isChanged: false }));
  return [...back, ...stay];
}

/** @throws {ObjDockerError} SERVICE_UNKNOWN for a service that the target does not have */
function checkServices({ number, services: released }: ReleaseRecord, { services = [] }: RollbackOptions): void {
  const known = released.map(({ service }) => service ?? '');
  const unknown = services.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new ObjDockerError(
    'SERVICE_UNKNOWN',
    `release ${number} has no service ${unknown.map((name) => JSON.stringify(name)).join(', ')}`,
    { hint: `Its services: ${known.filter((name) => name !== '').join(', ') || 'it has a single image'}.` },
  );
}

/** What a record says about an image that an earlier release has. */
export function releasedImage({ tags: _tags, earlier: _earlier, ...image }: ReleasedService): ReleaseImage {
  return { ...image, reusedFrom: image.since, carried: false };
}
