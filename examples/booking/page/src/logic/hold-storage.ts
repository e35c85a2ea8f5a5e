/** A seat that this visitor holds, as it outlives a reload. */
export interface Hold {
  readonly showId: string;
  readonly seatId: string;
  readonly holdToken: string;
  readonly fencingToken: number;
  /** By this computer's clock, in milliseconds since 1970. */
  readonly endsAt: number;
}

/** What is used of a `Storage`. */
export interface HoldDrawer {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "box-office:holds";

/** The holds that have not ended. Whatever else is found in the drawer is nobody's hold. */
export function readHolds(drawer: HoldDrawer, now: number): Hold[] {
  try {
    const found: unknown = JSON.parse(drawer.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter(isHold).filter(({ endsAt }) => endsAt > now) : [];
  } catch {
    return [];
  }
}

/** A drawer that is full or forbidden only means that a reload forgets. */
export function writeHolds(drawer: HoldDrawer, holds: readonly Hold[]): void {
  try {
    drawer.setItem(KEY, JSON.stringify(holds));
  } catch {
    // forgotten at the next reload
  }
}

function isHold(value: unknown): value is Hold {
  if (typeof value !== "object" || value === null) return false;
  const hold = value as Partial<Record<keyof Hold, unknown>>;
  const hasTexts = [hold.showId, hold.seatId, hold.holdToken].every((text) => typeof text === "string");
  return hasTexts && typeof hold.fencingToken === "number" && typeof hold.endsAt === "number";
}
