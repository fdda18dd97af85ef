/** An image, or anything else that is made of layers. */
export interface Layered {
  readonly layers: readonly string[];
}

/**
 * Runs `push` for every image so that no layer is uploaded twice: an image waits while another one uploads a layer that both
 * have. Images without common layers are pushed in parallel. After a push returned false, no new one starts.
 *
 * Engine 20.10 needs this: it compresses a shared layer again for every image that is pushed at the same time.
 */
export async function pushInLayerOrder<Image extends Layered>(
  images: readonly Image[],
  concurrency: number,
  push: (image: Image) => Promise<boolean>,
): Promise<void> {
  const waiting = [...images];
  const running = new Map<Image, Promise<void>>();
  const uploaded = new Set<string>();
  let failed = false;

  const mayStart = (image: Image): boolean => {
    const uploading = new Set([...running.keys()].flatMap(({ layers }) => layers));
    return image.layers.every((layer) => uploaded.has(layer) || !uploading.has(layer));
  };
  const start = (image: Image): void => {
    waiting.splice(waiting.indexOf(image), 1);
    const work = push(image).then((pushed) => {
      running.delete(image);
      if (pushed) for (const layer of image.layers) uploaded.add(layer);
      else failed = true;
    });
    running.set(image, work);
  };

  while (waiting.length > 0 && !failed) {
    const next = running.size < concurrency ? waiting.find(mayStart) : undefined;
    if (next !== undefined) start(next);
    else await Promise.race(running.values());
  }
  await Promise.all(running.values());
}
