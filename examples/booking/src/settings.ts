import { parseArgs } from "node:util";
import { StartUpError } from "./start-up-error.js";

const DOORS = ["nest", "express"] as const;

/** The framework that answers the requests. */
export type DoorName = (typeof DOORS)[number];

/** Everything that can be set from outside, checked once. */
export interface Settings {
  readonly door: DoorName;
  /** Without one: 3000, or the next free one. */
  readonly port: number | undefined;
  /** None: locks are kept in memory and count in this process only. */
  readonly redisUrls: readonly string[];
  readonly lockTtlMs: number;
  readonly paymentMs: number;
  /** From 0 to 1. */
  readonly paymentFailureRate: number;
}

/** The longest time that Node's timers can take. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * @param args what follows the program's name on the command line
 * @throws StartUpError naming what is not usable
 */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  return {
    door: doorOf(args),
    port: env.PORT ? wholeNumber("PORT", env.PORT, 0, 65_535) : undefined,
    redisUrls: env.REDIS_URLS ? redisUrls(env.REDIS_URLS) : [],
    lockTtlMs: wholeNumber("LOCK_TTL_MS", env.LOCK_TTL_MS || "5000", 3, LONGEST_MS),
    paymentMs: wholeNumber("PAYMENT_MS", env.PAYMENT_MS || "300", 0, LONGEST_MS),
    paymentFailureRate: share("PAYMENT_FAILURE_RATE", env.PAYMENT_FAILURE_RATE || "0"),
  };
}

function doorOf(args: readonly string[]): DoorName {
  const door = DOORS.find((name) => name === option(args, "door", "nest"));
  if (door === undefined) throw new StartUpError(`--door must be one of: ${DOORS.join(", ")}.`);
  return door;
}

function option(args: readonly string[], name: string, byDefault: string): string {
  try {
    const { values } = parseArgs({ args: [...args], options: { [name]: { type: "string" } } });
    return String(values[name] ?? byDefault);
  } catch (error) {
    throw new StartUpError((error as Error).message.replaceAll("\n", " "));
  }
}

function redisUrls(text: string): string[] {
  const urls = text.split(",").map((url) => url.trim());
  for (const [index, url] of urls.entries()) {
    const problem =
      urls.indexOf(url) < index ? "is there twice" : isRedisUrl(url) ? undefined : "is malformed";
    if (problem === undefined) continue;
    // The URL itself may hold a password.
    throw new StartUpError(
      `REDIS_URLS: entry ${index + 1} ${problem}; wanted are redis://host:port or rediss://user:password@host:port, separated by commas.`,
    );
  }
  return urls;
}

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname } = new URL(text);
  return /^rediss?:$/.test(protocol) && hostname !== "" && /^\/?\d*$/.test(pathname);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new StartUpError(
    `${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
  );
}

function share(name: string, text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 1) return value;
  throw new StartUpError(`${name} must be a number from 0 to 1, not ${JSON.stringify(text)}.`);
}
