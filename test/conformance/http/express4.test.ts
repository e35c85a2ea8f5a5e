import express from "express4";
import { expressDoor } from "./doors/express.js";
import { httpConformance } from "./http-conformance.js";

httpConformance(expressDoor("Express 4", express));
