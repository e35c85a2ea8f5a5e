import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import type { OpenDoor } from "../door.js";
import { page } from "../http/page.js";
import { plainAddress } from "../http/plain-address.js";
import { commonHeaders } from "../http/common-headers.js";
import { AppModule } from "./app.module.js";

export const openNestDoor: OpenDoor = async (settings, services) => {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.with(settings, services), {
    // Bodies are parsed where there are any: AppModule.
    bodyParser: false,
    // What goes wrong is main's to tell.
    abortOnError: false,
    logger: ["error", "warn"],
  });
  app.disable("x-powered-by");
  app.use(commonHeaders(), plainAddress(), page());
  const api = new DocumentBuilder().setTitle("Booking").setDescription("Seats that are sold once").build();
  SwaggerModule.setup("api/docs", app, () => SwaggerModule.createDocument(app, api), {
    jsonDocumentUrl: "api/openapi.json",
  });
  await app.init();
  return {
    server: app.getHttpServer(),
    close() {
      // Streams of events would keep the server from draining.
      services.feed.close();
      return app.close();
    },
  };
};
