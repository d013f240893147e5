/**
 * The money-flow picture in a notebook: one module, as anywidget takes it.
 *
 * It stands in a shadow root with its own styles, so that neither the notebook's styles nor ours
 * reach the other. What it shows comes from the model alone: it asks no server.
 */

import { mount, unmount } from "svelte";
import base from "../styles/base.css?inline";
import figures from "../styles/figures.css?inline";
import levers from "../styles/levers.css?inline";
import { NotebookDesk, type Model } from "./desk.svelte";
import own from "./notebook.css?inline";
import Notebook from "./Notebook.svelte";
import { themeOf, watchTheme } from "./theme";

interface Place {
  readonly model: Model;
  readonly el: HTMLElement;
}

function render({ model, el }: Place): () => void {
  const host = document.createElement("div");
  host.className = "cardhouse-money-flow";
  el.append(host);
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = [base, levers, figures, own].join("\n");
  root.append(style);
  const paint = (): void => {
    host.dataset.theme = themeOf(model.get("theme"));
  };
  const desk = new NotebookDesk(model);
  const picture = mount(Notebook, { target: root, props: { desk } });
  model.on("change:theme", paint);
  const unwatch = watchTheme(paint);
  paint();
  return () => {
    model.off("change:theme", paint);
    unwatch();
    desk.leave();
    void unmount(picture);
    host.remove();
  };
}

export default { render };
