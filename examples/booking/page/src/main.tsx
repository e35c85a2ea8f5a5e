import { render } from "preact";
import { App } from "./app.js";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/chrome.css";
import "./styles/hall.css";
import "./styles/rush.css";

const root = document.querySelector("#app");
if (root) render(<App />, root);
