/** Light or dark, as the notebook around the picture is. */

type Theme = "light" | "dark";

/** What was chosen, else what the notebook says of itself, else what the reader's system wishes. */
export function themeOf(chosen: unknown): Theme {
  if (chosen === "light" || chosen === "dark") return chosen;
  return told() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

function told(): Theme | undefined {
  const { dataset, classList } = document.body;
  if (dataset.jpThemeLight !== undefined) return dataset.jpThemeLight === "false" ? "dark" : "light"; // JupyterLab
  if (classList.contains("vscode-dark") || classList.contains("vscode-high-contrast")) return "dark";
  if (classList.contains("vscode-light")) return "light";
  const theme = document.documentElement.getAttribute("theme"); // Colab
  return theme === "dark" || theme === "light" ? theme : undefined;
}

/** Call `changed` when any of this may have changed; returns how to stop. */
export function watchTheme(changed: () => void): () => void {
  const watch = new MutationObserver(changed);
  watch.observe(document.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light"] });
  watch.observe(document.documentElement, { attributes: true, attributeFilter: ["theme"] });
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => {
    watch.disconnect();
    system.removeEventListener("change", changed);
  };
}
