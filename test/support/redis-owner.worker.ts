import { Redis } from "ioredis";
import { startRedis } from "./redis-server.js";

const server = await startRedis();
const client = new Redis(server.url);
const [, folder] = (await client.config("GET", "dir")) as [string, string];
server.pause();
process.send?.({ pid: server.pid, folder });
