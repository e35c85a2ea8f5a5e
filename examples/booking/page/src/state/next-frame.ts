/** How long a tab that is not drawn may lag behind. */
const HIDDEN_MS = 200;

/**
 * Makes a function that runs `update` once before the next drawing, however often it was called until then. Tabs in the
 * background draw nothing, so a timer stands in.
 */
export function onNextFrame(update: () => void): { request(): void; cancel(): void } {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = undefined;
  };
  const run = (): void => {
    cancel();
    update();
  };
  return {
    cancel,
    request() {
      if (timer !== undefined) return;
      frame = requestAnimationFrame(run);
      timer = setTimeout(run, HIDDEN_MS);
    },
  };
}
