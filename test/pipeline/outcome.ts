import { mainPromotion } from '../../src/model/main-promotion.ts';
import { expectReleased, type OwnFixture, requestedChanges } from './fixture.ts';
import { type PipelineResult, repositoryOf } from './workspace.ts';

export const FEW = ['api', 'report', 'worker'];

export const repository = (service: string) => `axion/${repositoryOf(service)}`;
export const promotions = ({ run }: PipelineResult) =>
  Object.fromEntries(run.images.map((image) => [image.service, mainPromotion(image)]));
export const verdictOf = ({ run }: PipelineResult, service: string) =>
  run.verdict?.images.find((image) => image.service === service);
export const stageOf = ({ run }: PipelineResult, name: string) =>
  run.stages.find((stage) => stage.name === name)?.status;

/** Releases, and then changes every service. */
export async function released(fixture: OwnFixture): Promise<Readonly<Record<string, string>>> {
  const result = await fixture.workspace.pipeline();
  await expectReleased(fixture, result);
  await fixture.workspace.change();
  await fixture.harbor.resetTraffic();
  return fixture.registry.publicTags();
}

/** The scans that were triggered. */
export const triggeredScans = async (fixture: OwnFixture) =>
  (await requestedChanges(fixture)).filter((change) => change.endsWith('/scan'));
