import type { SwitchedHarbor } from '../harness/harbor-server.ts';

/** Makes a Harbor respond as one before 2.11, which has no list of the artifacts of a project. `failNext()` ends it. */
export const refuseProjectLists = (harbor: SwitchedHarbor): Promise<void> =>
  harbor.failNext({
    count: 1_000_000,
    path: '/projects/[^/]+/artifacts\\?',
    kind: 'status',
    status: 404,
    headers: { 'Content-Type': 'application/json' },
    body: '{"errors":[{"code":"NOT_FOUND","message":"path /api/v2.0/projects/axion/artifacts was not found"}]}',
  });
