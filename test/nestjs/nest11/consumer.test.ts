import { execFile } from "node:child_process";
import { mkdir, readdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build, install, pack, remove, temporaryFolder } from "../../packaging/consumer.js";

const exec = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = join(here, "../../../node_modules/.bin/tsc");

/** Everything that a Nest 11 application uses of the package, with types that the compiler checks. */
const PROGRAM = `
import "reflect-metadata";
import { Controller, Get, Injectable, Module, Param } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Test } from "@nestjs/testing";
import { memoryNode, type Lease, type LockManager } from "@redlock-kit/core";
import { CurrentLease, InjectLockManager, Locked, LockModule, SkipLock } from "@redlock-kit/nestjs";
import { LockTestingModule, LockTester } from "@redlock-kit/nestjs/testing";

@Injectable()
@Locked("stock:{0}", { waitMs: 0 })
class Stock {
  constructor(@InjectLockManager() private readonly locks: LockManager) {}
  async take(item: string, @CurrentLease() lease?: Lease) {
    return { item, key: lease?.key, held: this.locks.stats().held };
  }
  @SkipLock()
  look() {
    return "free";
  }
}

@Controller()
class Shop {
  constructor(private readonly stock: Stock) {}
  @Get("take/:item")
  @Locked("shop:{params.item}", { waitMs: 0 })
  take(@Param("item") item: string) {
    return this.stock.take(item);
  }
}

@Module({ imports: [LockModule.forRoot({ nodes: [memoryNode()] })], controllers: [Shop], providers: [Stock] })
class App {}

async function main() {
  const answers: unknown[] = [];
  for (const adapter of [undefined, new FastifyAdapter({ forceCloseConnections: true })]) {
    const app = await (adapter ? NestFactory.create(App, adapter, { logger: false }) : NestFactory.create(App, { logger: false }));
    await app.listen(0, "127.0.0.1");
    answers.push(await (await fetch(\`\${await app.getUrl()}/take/milk\`)).json());
    await app.close();
  }
  const module = await Test.createTestingModule({
    imports: [LockTestingModule.forRoot()],
    providers: [Stock],
  }).compile();
  await module.get(LockTester).hold("stock:milk");
  answers.push(await module.get(Stock).take("milk").catch((error: { code: string }) => error.code));
  answers.push(module.get(Stock).look());
  await module.close();
  console.log(JSON.stringify(answers));
}
void main();
`;

let tarballs: Awaited<ReturnType<typeof pack>>[];
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await build();
  tarballs = [await pack("core", folder), await pack("nestjs", folder)];
}, 120_000);
afterAll(() => remove(folder));

/** An application in a folder of its own: the packed packages, and Nest 11 in place of what they were developed on. */
async function application(type: "commonjs" | "module"): Promise<string> {
  const project = join(folder, type);
  await mkdir(project);
  await install(project, tarballs);
  for (const name of await readdir(join(here, "node_modules"))) {
    if (name.startsWith(".")) continue;
    const entry = join(here, "node_modules", name);
    const packages = name.startsWith("@")
      ? (await readdir(entry)).map((inner) => `${name}/${inner}`)
      : [name];
    for (const each of packages) {
      const link = join(project, "node_modules", each);
      await mkdir(join(link, ".."), { recursive: true });
      await symlink(await realpath(join(here, "node_modules", each)), link);
    }
  }
  const types = join(here, "../../node_modules/@types/node");
  await mkdir(join(project, "node_modules/@types"), { recursive: true });
  await symlink(await realpath(types), join(project, "node_modules/@types/node"));
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    lib: ["es2023", "esnext.disposable", "dom"],
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ["node"],
  };
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type }));
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
  await writeFile(join(project, "app.ts"), PROGRAM);
  return project;
}

test.each(["commonjs", "module"] as const)(
  "a Nest 11 application of type %s compiles against the packed package, declarations included, and runs",
  { timeout: 180_000 },
  async (type) => {
    const project = await application(type);
    const compiled = await new Promise<string>((resolve) => {
      execFile(tsc, ["-p", ".", "--pretty", "false"], { cwd: project }, (_error, stdout) => resolve(stdout));
    });
    // Nest's own declarations name packages that are not there.
    expect(compiled.split("\n").filter((line) => /^(app\.ts|node_modules\/@redlock-kit)/.test(line))).toEqual(
      [],
    );

    const { stdout, stderr } = await exec(process.execPath, ["app.js"], {
      cwd: project,
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    const taken = { item: "milk", key: "stock:milk", held: 2 };
    expect(JSON.parse(stdout)).toEqual([taken, taken, "ERR_LOCK_HELD", "free"]);
    expect(stderr).toBe("");
  },
);
