import express from "express";
import { expressDoor } from "./doors/express.js";
import { httpConformance } from "./http-conformance.js";

httpConformance(expressDoor("Express 5", express));
