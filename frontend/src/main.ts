import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/base.css";
import "./styles/levers.css";
import "./styles/figures.css";
import "./styles/views.css";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no element with the id 'app'.");
mount(App, { target });
