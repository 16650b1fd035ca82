/** What a person chose for the look of a page: the system's, unless they said otherwise. */
export type Theme = "system" | "light" | "dark";

const KEY = "idos-theme";
const THEMES: readonly string[] = ["system", "light", "dark"] satisfies Theme[];

function isTheme(text: string | null): text is Theme {
  return text !== null && THEMES.includes(text);
}

/** The choice that this browser keeps. */
export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return isTheme(stored) ? stored : "system";
  } catch {
    // Browsers may refuse storage; then the system's look it is.
    return "system";
  }
}

/** Shows the page in a theme, and keeps the choice. */
export function applyTheme(theme: Theme): void {
  if (theme === "system") {
    delete document.documentElement.dataset["theme"];
  } else {
    document.documentElement.dataset["theme"] = theme;
  }
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice lasts as long as the page.
  }
}
