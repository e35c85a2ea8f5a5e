import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { OpenDoor } from "../door.js";
import { AppModule } from "./app.module.js";

export const openNestDoor: OpenDoor = async (settings) => {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings), {
    // Bodies are parsed where there are any: AppModule.
    bodyParser: false,
    // What goes wrong is main's to tell.
    abortOnError: false,
    logger: ["error", "warn"],
  });
  app.disable("x-powered-by");
  await app.init();
  return {
    server: app.getHttpServer(),
    close: () => app.close(),
  };
};
