import { closeDoor } from "./close-door.js";
import type { Door } from "./door.js";

const LONGEST_CLOSE_MS = 2_000;

/**
 * Ends the process in good order on Ctrl-C and SIGTERM, and in any case soon.
 *
 * @param closeRest what the door needs until it is closed
 */
export function closeOnSignal(door: Door, closeRest: () => Promise<void>): void {
  let isClosing = false;
  const close = (): void => {
    // One Ctrl-C comes twice when npm has started this process: from the terminal and from npm.
    if (isClosing) return;
    isClosing = true;
    // What still runs then ends with the process, and the leases that it holds run out by themselves.
    setTimeout(() => process.exit(0), LONGEST_CLOSE_MS);
    const closing = closeDoor(door).then(closeRest);
    void closing.then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", close).on("SIGTERM", close);
}
