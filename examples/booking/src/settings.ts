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
  /** The address to listen at. None: all of this machine. */
  readonly host: string | undefined;
  /** None: locks are kept in memory and count in this process only. */
  readonly redisUrls: readonly string[];
  /** None: an embedded database. */
  readonly databaseUrl: string | undefined;
  /** Where the embedded database keeps its data. None: in memory. */
  readonly dataDir: string | undefined;
  /** How many processes answer at the port. */
  readonly servers: number;
  /** Whether to start redis-servers for the locks. */
  readonly startRedis: boolean;
  readonly lockTtlMs: number;
  readonly holdMs: number;
  readonly paymentMs: number;
  /** From 0 to 1. */
  readonly paymentFailureRate: number;
}

export const USAGE = `npm start -- [--door nest|express] [--servers <count>] [--redis]

  --door     the framework that answers: ${DOORS.join(" or ")} (nest)
  --servers  how many processes answer at the port (1)
  --redis    starts three redis-servers for the locks

More is set by the environment: see examples/booking/README.md.`;

/** The longest time that Node's timers can take. */
const LONGEST_MS = 2 ** 31 - 1;
const MOST_SERVERS = 16;

/**
 * @param args what follows the program's name on the command line
 * @throws StartUpError naming what is not usable
 */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { door, servers, redis } = flags(args);
  const settings: Settings = {
    door: doorOf(door),
    port: env.PORT ? wholeNumber("PORT", env.PORT, 0, 65_535) : undefined,
    host: env.HOST || undefined,
    redisUrls: env.REDIS_URLS ? redisUrls(env.REDIS_URLS) : [],
    databaseUrl: env.DATABASE_URL ? databaseUrl(env.DATABASE_URL) : undefined,
    dataDir: env.DATA_DIR || undefined,
    servers: wholeNumber("--servers", servers, 1, MOST_SERVERS),
    startRedis: redis,
    lockTtlMs: wholeNumber("LOCK_TTL_MS", env.LOCK_TTL_MS || "5000", 3, LONGEST_MS),
    holdMs: wholeNumber("HOLD_MS", env.HOLD_MS || "120000", 1, LONGEST_MS),
    paymentMs: wholeNumber("PAYMENT_MS", env.PAYMENT_MS || "300", 0, LONGEST_MS),
    paymentFailureRate: share("PAYMENT_FAILURE_RATE", env.PAYMENT_FAILURE_RATE || "0"),
  };
  requireConsistent(settings);
  return settings;
}

function requireConsistent({ redisUrls, databaseUrl, dataDir, servers, startRedis }: Settings): void {
  if (startRedis && redisUrls.length > 0) {
    throw new StartUpError("--redis starts redis-servers and REDIS_URLS names others: give one of them.");
  }
  if (servers > 1 && !startRedis && redisUrls.length === 0) {
    throw new StartUpError(
      "--servers: several processes share their locks by Redis. Add --redis to have some started, or set REDIS_URLS.",
    );
  }
  if (databaseUrl !== undefined && dataDir !== undefined) {
    throw new StartUpError(
      "DATA_DIR is for the embedded database, which DATABASE_URL replaces: give one of them.",
    );
  }
}

function flags(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        door: { type: "string", default: "nest" },
        servers: { type: "string", default: "1" },
        redis: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new StartUpError((error as Error).message.replaceAll("\n", " "));
  }
}

function doorOf(text: string): DoorName {
  const door = DOORS.find((name) => name === text);
  if (door === undefined) throw new StartUpError(`--door must be one of: ${DOORS.join(", ")}.`);
  return door;
}

function databaseUrl(text: string): string {
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return text;
  // The URL itself may hold a password.
  throw new StartUpError("DATABASE_URL is malformed; wanted is postgres://user:password@host:port/database.");
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
